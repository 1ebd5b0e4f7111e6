/// An address of a ZeroMQ link, checked before libzmq sees it.
package enum Address: Equatable {
    case tcp(host: String, port: String)
    case ipc(path: String)
    case inproc(name: String)

    /// Reads `tcp://host:port`, `ipc://path`, or `inproc://name`.
    ///
    /// - Parameter listening: `*` as a host, and `*` and 0 as a port, are for those who listen.
    package init(_ text: String, listening: Bool) throws(LinkError) {
        func bad(_ reason: String) -> LinkError { .badAddress(text, reason: reason) }

        guard let separator = text.firstRange(of: "://") else { throw bad("it does not begin with tcp://") }
        let rest = String(text[separator.upperBound...])
        guard !rest.utf8.contains(0) else { throw bad("it holds a zero byte") }
        switch text[..<separator.lowerBound] {
        case "tcp":
            guard let colon = rest.lastIndex(of: ":") else { throw bad("the port is missing") }
            let (host, port) = (String(rest[..<colon]), String(rest[rest.index(after: colon)...]))
            guard !host.isEmpty else { throw bad("the host is missing") }
            guard host.hasPrefix("[") == host.hasSuffix("]"), host.hasPrefix("[") || !host.contains(":") else {
                throw bad("an IPv6 address is written in brackets, as [::1]")
            }
            guard !host.contains(where: { $0.isWhitespace || $0 == "/" || $0 == ";" }) else {
                throw bad("the host holds a character that no host has")
            }
            guard host != "*" || listening else { throw bad("* is no host to connect to") }
            if port != "*" || !listening {
                let range = listening ? 0...65535 : 1...65535
                guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
                    range.contains(number)
                else { throw bad("the port is no number from \(range.lowerBound) to \(range.upperBound)") }
            }
            self = .tcp(host: host, port: port)
        case "ipc":
            // 108 bytes of sockaddr_un on Linux, 104 on macOS, one of them for the zero.
            guard !rest.isEmpty, rest.utf8.count <= 103 else { throw bad("the path is not of 1 to 103 bytes") }
            guard rest != "*" || listening else { throw bad("* is no path to connect to") }
            self = .ipc(path: rest)
        case "inproc":
            guard !rest.isEmpty, rest.utf8.count <= 250 else { throw bad("the name is not of 1 to 250 bytes") }
            self = .inproc(name: rest)
        case let scheme:
            throw bad("\(scheme.isEmpty ? "an empty scheme" : String(scheme)) is none of tcp, ipc, inproc")
        }
    }

    /// As libzmq reads it.
    package var text: String {
        switch self {
        case .tcp(let host, let port): "tcp://\(host):\(port)"
        case .ipc(let path): "ipc://\(path)"
        case .inproc(let name): "inproc://\(name)"
        }
    }

    /// Whether no other machine can be there: a number of the loopback, or its name.
    ///
    /// - Parameter listening: who listens may name an interface; to connect to, the same word is the name of a host.
    package func isLoopback(listening: Bool) -> Bool {
        guard case .tcp(let host, _) = self else { return true }
        if ["localhost", "[::1]"].contains(host) || (listening && host == Self.loopbackInterface) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        // Whatever is not all digits is a name, and asked for.
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8($0) != nil }
    }

    #if os(Linux)
        private static let loopbackInterface = "lo"
    #else
        private static let loopbackInterface = "lo0"
    #endif

    /// The name before an address, as in `edge-7@tcp://10.0.0.7:7002`, and the address without it.
    package static func split(_ text: String) -> (name: String?, address: String) {
        guard let separator = text.firstRange(of: "://"),
            let at = text[..<separator.lowerBound].lastIndex(of: "@")
        else { return (nil, text) }
        return (String(text[..<at]), String(text[text.index(after: at)...]))
    }

    package var isTCP: Bool { if case .tcp = self { true } else { false } }

    package var isIPv6: Bool {
        guard case .tcp(let host, _) = self else { return false }
        return host.hasPrefix("[")
    }
}
