/// Where HTTP is spoken, written as `HOST:PORT`; IPv6 addresses in brackets.
public struct HTTPAddress: Equatable, Sendable, CustomStringConvertible {
    public var host: String
    /// 0: one that is free.
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Returns: `nil` where the text is not such an address.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.allSatisfy({ $0.isASCII && !$0.isWhitespace && !"/[]".contains($0) }) else {
            return nil
        }
        self.init(host: host == "*" ? "0.0.0.0" : String(host), port: Int(port))
    }

    public var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}
