public import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Tells figures, health and readiness at an address of its own, for those who scrape and probe: they have no key, and
/// no limit counts for them.
///
/// They may ask twenty times a second, so a question is answered where it is read, on the connection's event loop: a way
/// through tasks and a router would cost several times as much.
public actor Monitor {
    /// How a service is.
    public enum Standing: Equatable, Sendable {
        case ready
        /// It serves, but what it needs is missing; with what that is.
        case notReady(String)
        /// It is told to end, and begins nothing more.
        case draining
    }

    private let address: HTTPAddress
    private let logger: Logger
    private let answers: MonitorAnswers
    private let connections: Connections
    private var channel: (any Channel)?

    /// Connections at most. Few ask, and each may take one for every question.
    private static let mostConnections = 64
    /// Time that a client has to ask, and to go on reading.
    private static let idleTime = TimeAmount.seconds(60)
    private static let patience = TimeAmount.seconds(10)

    /// - Parameters:
    ///   - figures: for `/metrics`.
    ///   - standing: what `/health` and `/ready` tell; asked for each time, and has to answer at once.
    public init(
        address: HTTPAddress, logger: Logger, figures: Figures, standing: @escaping @Sendable () -> Standing
    ) {
        self.address = address
        self.logger = logger
        self.answers = MonitorAnswers(figures: figures, standing: standing)
        self.connections = Connections(most: Self.mostConnections, logger: logger)
    }

    /// Begins to listen.
    ///
    /// - Returns: where it really does.
    public func start() async throws(GatewayError) -> HTTPAddress {
        let (connections, answers) = (self.connections, self.answers)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(readTimeout: Self.idleTime))
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: true)
                    try pipeline.addHandlers(
                        ConnectionHandler(connections: connections, patience: Self.patience), MonitorHandler(answers))
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.bind(host: self.address.host, port: self.address.port).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw .addressInUse(self.address)
        } catch {
            throw .cannotListen(self.address, reason: "\(error)")
        }
        self.channel = channel
        channel.closeFuture.whenComplete { _ in Task { await self.serverHasEnded() } }
        let bound = channel.localAddress
        return HTTPAddress(host: bound?.ipAddress ?? self.address.host, port: bound?.port ?? self.address.port)
    }

    private func serverHasEnded() {
        guard self.channel != nil else { return }
        self.logger.error("Metrics and health are no longer served", metadata: ["address": "\(self.address)"])
    }

    /// Closes all connections.
    public func stop() async {
        guard let channel = self.channel.take() else { return }
        try? await channel.close()
        for channel in self.connections.all { try? await channel.close() }
    }
}
