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

    /// Asks the system, which may ask others.
    private static func numbers(of host: String) -> [String] {
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
