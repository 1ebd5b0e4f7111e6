import CommandSupport
import Foundation
import ZeroMQ

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Strangers at a service's port: most say nothing, some say what no peer says, some offer no encryption, and a few have
/// keys that nobody lists. They leave with the value.
///
/// `@unchecked Sendable`: everything is made by the initializer, and let go by the end.
final class Crowd: @unchecked Sendable {
    private var connections: [CInt] = []
    private var intruders: [Intruder] = []

    struct Failed: Error {
        var call: String
        var number: CInt
    }

    /// Tries again and again, as libzmq does.
    private final class Intruder {
        private let socket: Socket

        init(at service: Service, serverKey: String, in context: Context) throws {
            var options = SocketOptions()
            options.curve = .client(try Curve.makePair(), serverKey: serverKey)
            let socket = try Socket(.dealer, in: context, options: options)
            try socket.connect(service.address)
            self.socket = socket
        }
    }

    init(_ count: Int, at service: Service, serverKey: String) throws {
        FileLimit.raise()
        for number in 0..<count {
            let connection = try Self.connection(to: service.port)
            self.connections.append(connection)
            let words = Self.words(of: number)
            // Whoever is cut off already has been heard.
            _ = words.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
        let context = Context()
        for _ in 0..<max(2, count / 500) {
            self.intruders.append(try Intruder(at: service, serverKey: serverKey, in: context))
        }
    }

    deinit {
        for connection in self.connections { close(connection) }
    }

    private static func connection(to port: UInt16) throws -> CInt {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard connection >= 0 else { throw Failed(call: "socket", number: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            defer { close(connection) }
            throw Failed(call: "connect", number: errno)
        }
        return connection
    }

    private static func words(of number: Int) -> [UInt8] {
        switch number % 8 {
        case 0: (0..<2000).map { _ in .random(in: .min ... .max) }
        case 1: Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        case 2: self.greeting("NULL") + [4, 25, 5] + Array("READY".utf8) + self.property("Socket-Type", "DEALER")
        case 3:
            self.greeting("CURVE") + [4, 200, 5] + Array("HELLO".utf8) + [1, 0] + [UInt8](repeating: 7, count: 192)
        default: []
        }
    }

    /// The first 64 bytes of ZMTP 3.0 (rfc.zeromq.org/spec/23).
    private static func greeting(_ mechanism: String) -> [UInt8] {
        [0xff] + [UInt8](repeating: 0, count: 8) + [0x7f, 3, 0] + Array(mechanism.utf8)
            + [UInt8](repeating: 0, count: 20 - mechanism.utf8.count + 32)
    }

    private static func property(_ name: String, _ value: String) -> [UInt8] {
        [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0, 0, UInt8(value.utf8.count)] + Array(value.utf8)
    }
}
