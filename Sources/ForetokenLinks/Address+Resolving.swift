#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#endif

extension Address {
    /// The same place with a number for its host, of version 4 where there is one.
    ///
    /// - Returns: `nil` where the host is a number already, or is none of tcp.
    /// - Throws: `LinkError.notHere` for a name that does not resolve.
    func resolved() throws(LinkError) -> Address? {
        guard case .tcp(let host, let port) = self, host != "*", !host.hasPrefix("[") else { return nil }
        let numbers = Self.numbers(of: host)
        if numbers.contains(host) { return nil }
        guard let number = numbers.first(where: { !$0.contains(":") }) ?? numbers.first else {
            throw .notHere(self.text, reason: "\(host) is neither an interface here nor a name that resolves")
        }
        return .tcp(host: number.contains(":") ? "[\(number)]" : number, port: port)
    }

    /// The host, where it has to be asked for.
    var name: String? {
        guard case .tcp(let host, _) = self, host != "*" else { return nil }
        return Self.number(of: host) == nil ? host : nil
    }

    /// The places that have these numbers for their hosts; those of version 4 alone where there are any: a machine with
    /// both is one machine.
    func with(numbers: [String]) -> [Address] {
        guard case .tcp(_, let port) = self else { return [] }
        let numbers = Set(numbers).sorted()
        let fourth = numbers.filter { !$0.contains(":") }
        return (fourth.isEmpty ? numbers : fourth).map {
            .tcp(host: $0.contains(":") ? "[\($0)]" : $0, port: port)
        }
    }

    /// Where a peer is reached that tells an address of its own, and whose connection comes from `sender`.
    ///
    /// - Parameter listening: where this side listens: a peer is reached over the same transport, whatever it tells.
    /// - Throws: `LinkError.badAddress`, with words for whoever runs the peer.
    func reached(from sender: String?, by listening: Address) throws(LinkError) -> Address {
        switch (self, listening) {
        case (.ipc, .ipc), (.inproc, .inproc): return self
        case (.tcp(let host, let port), .tcp):
            let number = Self.number(of: host)
            // A name would have to be asked for, at the word of anybody.
            if let number, !number.isWildcard {
                guard number.isLoopback, let sender = sender.flatMap(Self.number), !sender.isLoopback else {
                    return self
                }
                throw .badAddress(
                    self.text, reason: "only its own machine reaches it there; let it listen at tcp://0.0.0.0:\(port)")
            }
            guard let sender else { throw .badAddress(self.text, reason: "it names no host, and none can be told") }
            return .tcp(host: sender.contains(":") ? "[\(sender)]" : sender, port: port)
        default:
            throw .badAddress(self.text, reason: "it is reached over another transport than \(listening.text)")
        }
    }

    private struct Number {
        var bytes: [UInt8]

        var isWildcard: Bool { self.bytes.allSatisfy { $0 == 0 } }
        var isLoopback: Bool {
            guard self.bytes.count == 16 else { return self.bytes[0] == 127 }
            return self.bytes.dropLast().allSatisfy { $0 == 0 } && self.bytes[15] == 1
        }
    }

    /// The number that a host is written as, such as `10.0.0.7` or `[::1]`; `nil` for a name.
    private static func number(of host: String) -> Number? {
        var fourth = in_addr()
        if inet_pton(AF_INET, host, &fourth) == 1 {
            return Number(bytes: withUnsafeBytes(of: &fourth) { Array($0) })
        }
        var sixth = in6_addr()
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard inet_pton(AF_INET6, String(bare.prefix { $0 != "%" }), &sixth) == 1 else { return nil }
        return Number(bytes: withUnsafeBytes(of: &sixth) { Array($0) })
    }

    /// Asks the system for the numbers of a name; it may ask others, and take many seconds.
    @Sendable static func numbers(of host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var numbers: [String] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let code = getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if code == 0 {
                numbers.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            next = entry.pointee.ai_next
        }
        return numbers
    }
}
