internal import CLlama
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// llama.cpp's `ggml-rpc-server` on some machine, whose devices compute layers of a model.
///
/// It serves one process at a time, and the library cannot go on without one that it has begun with: what the server held
/// of the model and its texts is gone with the connection. A lost server therefore ends the process.
public struct RPCServer: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: UInt16

    /// Reads `host:port`; the library knows addresses of version 4 and names alone.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let port = UInt16(parts[1]), port > 0,
            parts[0].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) })
        else { return nil }
        self.host = String(parts[0])
        self.port = port
    }

    public var description: String { "\(self.host):\(self.port)" }

    public var isOnLoopback: Bool {
        self.host == "localhost" || self.host.hasPrefix("127.") && self.host.allSatisfy { $0.isNumber || $0 == "." }
    }

    // MARK: Use

    private typealias Add = @convention(c) (UnsafePointer<CChar>?) -> ggml_backend_reg_t?

    private static let inUse = Mutex<[RPCServer]>([])

    /// Whether this process has loaded, or tried to load, a model with layers on servers.
    static var areInUse: Bool { self.inUse.withLock { !$0.isEmpty } }

    /// Makes servers known to the library, each once in a process: their devices stand before all others then.
    ///
    /// - Throws: `LlamaError.noRPC`, or `.noServer` for one that does not answer.
    static func use(_ servers: [RPCServer]) throws(LlamaError) {
        if servers.isEmpty { return }
        guard let backend = ggml_backend_reg_by_name("RPC"),
            let address = ggml_backend_reg_get_proc_address(backend, "ggml_backend_rpc_add_server")
        else { throw .noRPC }
        let add = unsafeBitCast(address, to: Add.self)
        self.outliveLostConnections()
        try self.inUse.withLock { (inUse) throws(LlamaError) in
            let new = servers.filter { !inUse.contains($0) }
            // Kept until all have answered: one that is named twice would have the library wait for ever.
            var greetings: [RPCGreeting] = []
            for server in new { greetings.append(try RPCGreeting(server)) }
            greetings.removeAll()
            for server in new {
                guard let devices = add(server.description) else {
                    throw .noServer(server.description, reason: "it has no device")
                }
                ggml_backend_register(devices)
                inUse.append(server)
            }
        }
    }

    // MARK: Loss

    private static let ending = Mutex<(@Sendable (String) -> Void)?>(nil)

    /// Has `end` called, with the library's words, when a server that holds layers is lost. The process is aborted where
    /// it returns: the library has no other way.
    public static func whenLost(_ end: @escaping @Sendable (_ reason: String) -> Void) {
        self.ending.withLock { $0 = end }
    }

    /// Has the library tell of a server that is lost before it ends the process, instead of printing addresses of code.
    private static func outliveLostConnections() {
        _ = ggml_set_abort_callback { message in
            guard let message else { return }
            let text = String(cString: message)
            guard text.contains("ggml-rpc"), let end = RPCServer.ending.withLock({ $0 }) else {
                _ = write(2, text + "\n", text.utf8.count + 1)
                return
            }
            // Behind the place in the library's own source.
            let place = text.firstRange(of: ": ")
            end(String(text[(place?.upperBound ?? text.startIndex)...]))
        }
        // Threads that the library starts from here for its connections inherit it: a send fails then, and is noticed.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
