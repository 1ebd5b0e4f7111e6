import HTTPTypes
import Hummingbird

/// The sites whose pages may use the server, besides its own. A value; reads and writes the headers of CORS (WHATWG
/// Fetch, section 3.2).
public struct AllowedOrigins: Equatable, Sendable {
    private let origins: Set<String>
    private let isOpen: Bool

    /// Lets in nobody else's pages.
    public static let none = AllowedOrigins(origins: [], isOpen: false)

    /// - Parameter texts: such as `https://chat.example:8443`, or `*` for all.
    /// - Returns: `nil` where one is not an origin.
    public init?(_ texts: [String]) {
        let origins = texts.map { $0.lowercased() }
        guard origins.allSatisfy({ $0 == "*" || Self.isOrigin($0) }) else { return nil }
        self.init(origins: Set(origins), isOpen: origins.contains("*"))
    }

    private init(origins: Set<String>, isOpen: Bool) {
        (self.origins, self.isOpen) = (origins, isOpen)
    }

    /// `SCHEME://HOST` or `SCHEME://HOST:PORT`, without a path.
    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = text.firstRange(of: "://"), scheme.lowerBound > text.startIndex else { return false }
        let host = text[scheme.upperBound...]
        return !host.isEmpty && host.allSatisfy { $0.isASCII && !$0.isWhitespace && !"/?#,".contains($0) }
    }

    func contains(_ origin: String) -> Bool { self.isOpen || self.origins.contains(origin.lowercased()) }

    /// What a browser asks for before it sends a page's request.
    ///
    /// - Returns: `nil` for a request that is not such a question, or that comes from a page which is not allowed.
    func answer(toPreflight request: Request) -> Response? {
        guard request.method == .options, let origin = request.headers[.origin], self.contains(origin),
            request.headers[.accessControlRequestMethod] != nil
        else { return nil }
        var headers: HTTPFields = [
            .accessControlAllowMethods: "GET, HEAD, POST", .accessControlMaxAge: "600",
            .accessControlAllowHeaders: request.headers[.accessControlRequestHeaders]
                ?? "authorization, content-type, last-event-id",
        ]
        // A page of the Internet that uses a server of the local network.
        if request.headers[.requestPrivateNetwork] != nil { headers[.allowPrivateNetwork] = "true" }
        var response = Response(status: .noContent, headers: headers)
        self.mark(&response, for: request)
        return response
    }

    /// Lets the page read an answer.
    func mark(_ response: inout Response, for request: Request) {
        guard let origin = request.headers[.origin], self.contains(origin) else { return }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = "x-request-id, retry-after"
        response.headers[.vary] = "Origin"
    }
}

extension HTTPField.Name {
    private static func own(_ name: String) -> Self { Self(name)! }

    static let requestPrivateNetwork = Self.own("access-control-request-private-network")
    static let allowPrivateNetwork = Self.own("access-control-allow-private-network")
}
