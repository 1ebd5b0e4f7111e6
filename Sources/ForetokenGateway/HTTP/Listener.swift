internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Serves the addresses of a router over HTTP/1: binds, tells where, and tells why it has ended.
actor Listener {
    private let address: HTTPAddress
    private let logger: Logger
    private(set) var serving: (group: ServiceGroup, end: Task<Void, any Error>)?
    private var connections: Connections?
    /// Tells why the server has ended, where nobody stopped it.
    private let failures: (stream: AsyncStream<GatewayError>, continuation: AsyncStream<GatewayError>.Continuation)

    /// Seconds that connections have to end when it stops.
    private static let patience = 5

    init(address: HTTPAddress, logger: Logger) {
        self.address = address
        self.logger = logger
        self.failures = AsyncStream.makeStream()
    }

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - router: makes it.
    ///   - mostConnections: at once; those that have waited longest make room for newcomers.
    ///   - stallTimeout: time in which a client that takes nothing more of an answer has to go on reading.
    /// - Returns: where it really does.
    func start(
        _ router: @Sendable () -> Router<GatewayContext>, mostConnections: Int, stallTimeout: Duration
    ) async throws(GatewayError) -> HTTPAddress {
        var logger = self.logger
        // What Hummingbird says of every connection and its own start is of interest to who looks for a fault only.
        if logger.logLevel == .info { logger.logLevel = .notice }
        let (bound, binding) = AsyncStream.makeStream(of: HTTPAddress.self)
        let wanted = self.address
        let patience = TimeAmount(stallTimeout)
        let connections = Connections(most: mostConnections, logger: self.logger)
        self.connections = connections
        let application = Application(
            router: router(),
            server: HTTPServerBuilder { responder in
                GatewayChannel(responder: responder, idleTimeout: .seconds(60)) {
                    ConnectionHandler(connections: connections, patience: patience)
                }
            },
            configuration: ApplicationConfiguration(
                address: .hostname(wanted.host, port: wanted.port), serverName: "foretoken"),
            onServerRunning: { channel in
                let address = channel.localAddress
                binding.yield(
                    HTTPAddress(host: address?.ipAddress ?? wanted.host, port: address?.port ?? wanted.port))
                binding.finish()
            }, logger: logger)
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(Self.patience)
        let group = ServiceGroup(configuration: configuration)
        // Detached: the shutdown of whoever starts it reaches it through `stop` alone, in its order.
        let end = Task.detached {
            defer { binding.finish() }
            do {
                try await group.run()
                await self.serverHasEnded(reason: "it was shut down")
            } catch {
                await self.serverHasEnded(reason: "\(error)")
                throw error
            }
        }
        self.serving = (group, end)
        for await address in bound { return address }
        do {
            try await end.value
            throw GatewayError.cannotListen(wanted, reason: "it ended at once")
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw .addressInUse(wanted)
        } catch {
            throw .cannotListen(wanted, reason: "\(error)")
        }
    }

    /// Goes on with another number of connections at once at most.
    func change(mostConnections most: Int) { self.connections?.change(most: most) }

    /// The server has ended, because it was told to or by itself.
    private func serverHasEnded(reason: String) {
        defer { self.failures.continuation.finish() }
        guard self.serving != nil else { return }
        self.failures.continuation.yield(.ended(self.address, reason: reason))
    }

    /// Waits until the server ends by itself.
    ///
    /// - Returns: why it did; `nil` once it is stopped, or the task is cancelled.
    func failure() async -> GatewayError? {
        for await failure in self.failures.stream { return failure }
        return nil
    }

    /// Closes all connections.
    func stop() async {
        guard let (group, end) = self.serving else { return }
        self.serving = nil
        await group.triggerGracefulShutdown()
        _ = await end.result
    }
}
