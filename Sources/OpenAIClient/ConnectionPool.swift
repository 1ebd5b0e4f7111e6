internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// Connections to one server; those that have answered are used again.
final class ConnectionPool: Sendable {
    private static let connectSeconds: Int64 = 5

    private let host: String
    private let port: Int
    private let patience: Duration?
    private let idle = Mutex<[any Channel]>([])

    /// - Parameter patience: how long nothing may come of an answer; `nil`: any time.
    init(host: String, port: Int, patience: Duration?) {
        self.host = host
        self.port = port
        self.patience = patience
    }

    deinit {
        for channel in self.idle.withLock({ $0 }) { channel.close(promise: nil) }
    }

    /// - Returns: a connection that was used before, while there is one.
    func takeIdle() -> (any Channel)? {
        self.idle.withLock { idle in
            while let channel = idle.popLast() {
                if channel.isActive { return channel }
            }
            return nil
        }
    }

    func putBack(_ channel: any Channel) {
        self.idle.withLock { $0.append(channel) }
    }

    func connect() async throws(OpenAIError) -> any Channel {
        let silence = self.patience.map { TimeAmount($0) }
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(Self.connectSeconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let silence {
                        try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: silence))
                    }
                    try channel.pipeline.syncOperations.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                    try channel.pipeline.syncOperations.addHandler(HTTPExchangeHandler())
                }
            }
        do {
            return try await bootstrap.connect(host: self.host, port: self.port).get()
        } catch {
            throw .unreachable(Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? NIOConnectionError {
            guard let first = error.connectionErrors.first?.error else { return "host not found" }
            return self.reason(first)
        }
        switch error {
        case let error as IOError where error.errnoCode == ECONNREFUSED: return "connection refused"
        case let error as IOError where error.errnoCode == EMFILE: return "too many open files here"
        case ChannelError.connectTimeout: return "no connection within \(self.connectSeconds) s"
        default: return "no connection"
        }
    }
}
