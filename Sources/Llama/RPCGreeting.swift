internal import CLlama

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A connection that has greeted a server as the library does, and been answered.
///
/// The library itself waits for ever for one that serves somebody else, and ends the process where there is none.
final class RPCGreeting {
    private let file: Int32

    /// The library's message: a kind, a size, and as many bytes for what else than tcp both sides can speak: nothing.
    private static let kind: UInt8 = 14
    private static let abilities = 24
    /// Seconds for a server that is done with another process to take the next one.
    private static let patience = 10

    /// - Throws: `LlamaError.noServer`.
    init(_ server: RPCServer) throws(LlamaError) {
        func failure(_ reason: String) -> LlamaError { .noServer(server.description, reason: reason) }
        guard let number = Self.number(of: server.host) else { throw failure("its name does not resolve") }
        #if canImport(Darwin)
            let stream = SOCK_STREAM
        #elseif canImport(Musl)
            let stream = CInt(SOCK_STREAM)
        #else
            let stream = CInt(SOCK_STREAM.rawValue)
        #endif
        self.file = socket(AF_INET, stream, 0)
        guard self.file >= 0 else { throw failure(Self.systemReason) }
        _ = fcntl(self.file, F_SETFD, FD_CLOEXEC)
        var patience = timeval()
        patience.tv_sec = Self.patience
        let size = socklen_t(MemoryLayout<timeval>.size)
        // On Linux the time for sending is that for connecting, too.
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(self.file, SOL_SOCKET, option, &patience, size) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = server.port.bigEndian
        address.sin_addr = number
        let connected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            throw failure(errno == EINPROGRESS ? "nobody answers there within \(Self.patience) s" : Self.systemReason)
        }
        let greeting = [Self.kind] + Self.bytes(UInt64(Self.abilities)) + [UInt8](repeating: 0, count: Self.abilities)
        guard send(self.file, greeting, greeting.count, 0) == greeting.count else { throw failure(Self.systemReason) }

        // A size, three numbers of a version, one byte of nothing, and what the server can speak.
        var answer = [UInt8](repeating: 0, count: 8 + 4 + Self.abilities)
        var count = 0
        while count < answer.count {
            let received = answer.withUnsafeMutableBytes { bytes in
                recv(self.file, bytes.baseAddress! + count, bytes.count - count, 0)
            }
            if received < 0, errno == EINTR { continue }
            guard received >= 0 else {
                throw failure(
                    "it takes connections, but does not answer within \(Self.patience) s; a server serves one process "
                        + "at a time")
            }
            guard received > 0 else { break }
            count += received
        }
        guard count == answer.count, answer.prefix(8).elementsEqual(Self.bytes(UInt64(answer.count - 8))) else {
            throw failure("it is no ggml-rpc-server, or one of another version of llama.cpp")
        }
        guard answer[8] == UInt8(RPC_PROTO_MAJOR_VERSION), answer[9] <= UInt8(RPC_PROTO_MINOR_VERSION) else {
            throw failure(
                "it speaks version \(answer[8]).\(answer[9]) of the protocol, and this libllama "
                    + "\(RPC_PROTO_MAJOR_VERSION).\(RPC_PROTO_MINOR_VERSION): take the one that deploy/bootstrap installs"
            )
        }
    }

    deinit {
        close(self.file)
    }

    private static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

    private static var systemReason: String { String(cString: strerror(errno)) }

    private static func number(of host: String) -> in_addr? {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let list else { return nil }
        defer { freeaddrinfo(list) }
        return list.pointee.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr }
    }
}
