import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// llama.cpp's `ggml-rpc-server`, which computes layers for a target, on the processor.
final class RPCServerProcess: Sendable {
    /// Where deploy/bootstrap has put it, next to a libllama that can use it.
    private static let program: String? = {
        let folders = (ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "").split(separator: ":")
        return (folders.map(String.init) + ["/usr/local/lib"]).lazy.filter { folder in
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
            return names?.contains { $0.hasPrefix("libggml-rpc.") } ?? false
        }.map { URL(filePath: $0).deletingLastPathComponent().appending(path: "bin/ggml-rpc-server").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    static let isThere = RPCServerProcess.program != nil
    static let whatIsMissing: Comment = "no ggml-rpc-server, or a libllama without RPC: deploy/bootstrap installs both"

    let process: RunningProcess
    let address: String

    /// Starts it, and waits until it takes connections.
    init() async throws {
        for _ in 0..<5 {
            // It cannot choose one for itself; another process may have taken this one meanwhile.
            let port = try Self.freePort()
            let process = try RunningProcess(
                ["--host", "127.0.0.1", "--port", "\(port)", "--threads", "1"], executable: try #require(Self.program))
            let end = ContinuousClock.now + .seconds(20)
            while process.snapshot.status == nil {
                if Self.isTaken(port) {
                    self.process = process
                    self.address = "127.0.0.1:\(port)"
                    return
                }
                try #require(ContinuousClock.now < end, "no RPC server on port \(port)")
                await withCheckedContinuation { continuation in
                    DispatchQueue.global().asyncAfter(deadline: .now() + 0.002) { continuation.resume() }
                }
            }
        }
        throw RunningProcess.TimedOut(description: "no RPC server stays on any port")
    }

    /// Does something with a socket, and the address of a port on the loopback.
    private static func withSocket<Result>(
        _ port: UInt16, _ body: (CInt, UnsafeMutablePointer<sockaddr>, inout socklen_t) throws -> Result
    ) throws -> Result {
        #if canImport(Darwin)
            let file = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let file = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        #endif
        try #require(file >= 0)
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { try body(file, $0, &size) }
        }
    }

    private static func isTaken(_ port: UInt16) -> Bool {
        (try? Self.withSocket(port) { file, address, size in connect(file, address, size) == 0 }) ?? false
    }

    static func freePort() throws -> UInt16 {
        try Self.withSocket(0) { file, address, size in
            try #require(bind(file, address, size) == 0 && getsockname(file, address, &size) == 0)
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
    }
}
