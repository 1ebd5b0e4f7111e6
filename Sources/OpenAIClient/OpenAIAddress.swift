internal import Foundation

/// Where a server that speaks OpenAI's protocol is: `http://HOST:PORT`, with the path before `/completions`.
public struct OpenAIAddress: Equatable, Sendable, CustomStringConvertible {
    public struct ParseError: Error, CustomStringConvertible {
        public let description: String
    }

    public let host: String
    public let port: Int
    /// `/v1` where none was given.
    public let path: String

    public init(_ text: String) throws(ParseError) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let host = parts.host?.trimmingCharacters(in: ["[", "]"]), Self.isHost(host), parts.query == nil
        else {
            throw ParseError(
                description: "\"\(text)\" is not the address of a server: write http://HOST:PORT or http://HOST:PORT/v1"
            )
        }
        guard scheme == "http" else {
            throw ParseError(
                description: scheme == "https"
                    ? "https is not spoken here: measure behind the proxy that ends TLS, or through a tunnel"
                    : "\"\(scheme)\" is not spoken here: write http://HOST:PORT")
        }
        let path = parts.percentEncodedPath.split(separator: "/").map { "/\($0)" }.joined()
        self.host = host
        self.port = parts.port ?? 80
        self.path = path.isEmpty ? "/v1" : path
    }

    /// Whether it can stand in a URL as it is: what was written with percent signs may not.
    private static func isHost(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && !"/?#@%\\[]".utf8.contains($0) }
    }

    /// Host and port as a URL has them.
    var authority: String { (self.host.contains(":") ? "[\(self.host)]" : self.host) + ":\(self.port)" }

    public var description: String { "http://\(self.authority)\(self.path)" }
}
