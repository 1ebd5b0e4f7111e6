public import Foretoken
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

/// Serves a coordinator to clients that speak OpenAI's protocol over HTTP.
///
/// TLS is left to a reverse proxy before it.
public actor Gateway {
    private let client: ForetokenClient
    private let settings: GatewaySettings
    private let routes: [GatewayRoute]
    private(set) var serving: (group: ServiceGroup, end: Task<Void, any Error>)?
    private var responder: Responder?
    private var connections: Connections?
    /// Tells why the server has ended, where nobody stopped it.
    private let failures: (stream: AsyncStream<GatewayError>, continuation: AsyncStream<GatewayError>.Continuation)

    /// Seconds that connections have to end when the gateway stops.
    private static let patience = 5

    /// - Parameters:
    ///   - client: of the coordinator; the gateway closes it when it stops.
    ///   - routes: addresses besides OpenAI's and those of health.
    public init(client: ForetokenClient, settings: GatewaySettings, routes: [GatewayRoute] = []) {
        self.client = client
        self.settings = settings
        self.routes = routes
        self.failures = AsyncStream.makeStream()
    }

    /// Begins to listen.
    ///
    /// - Returns: where it really does.
    public func start() async throws(GatewayError) -> HTTPAddress {
        var logger = self.settings.logger
        // What Hummingbird says of every connection and its own start is of interest to who looks for a fault only.
        if logger.logLevel == .info { logger.logLevel = .notice }
        let (bound, binding) = AsyncStream.makeStream(of: HTTPAddress.self)
        let responder = Responder(client: self.client, settings: self.settings)
        self.responder = responder
        let wanted = self.settings.address
        let patience = TimeAmount(self.settings.stallTimeout)
        let connections = Connections(
            most: self.settings.mostConnections ?? Connections.most(texts: self.settings.mostTexts),
            logger: self.settings.logger)
        self.connections = connections
        let application = Application(
            router: responder.router(self.routes),
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
        // Detached: the shutdown of whoever starts the gateway reaches it through `stop` alone, in its order.
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

    /// The server has ended, because it was told to or by itself.
    private func serverHasEnded(reason: String) {
        defer { self.failures.continuation.finish() }
        guard self.serving != nil else { return }
        self.failures.continuation.yield(.ended(self.settings.address, reason: reason))
    }

    /// Waits until the server ends by itself.
    ///
    /// - Returns: why it did; `nil` once the gateway is stopped, or the task is cancelled.
    public func failure() async -> GatewayError? {
        for await failure in self.failures.stream { return failure }
        return nil
    }

    /// Goes on with the keys and limits of other settings: `keys`, `requestsPerMinute` and `mostTexts`.
    ///
    /// Whether keys are asked for stays as it was: nobody is let in without one by accident.
    public func change(to settings: GatewaySettings) {
        self.responder?.change(to: settings)
        if settings.mostConnections == nil {
            self.connections?.change(most: Connections.most(texts: settings.mostTexts))
        }
    }

    /// Lets texts that are being written come to their end, and closes all connections.
    ///
    /// Meanwhile new ones are refused, and `/healthz` and `/readyz` say so with 503, so that load balancers look elsewhere.
    ///
    /// - Parameter grace: how long texts may take; those that are not whole then end with an error to their clients.
    public func stop(grace: Duration = .zero) async {
        await self.responder?.drain(for: grace)
        await self.client.close()
        guard let (group, end) = self.serving else { return }
        self.serving = nil
        await group.triggerGracefulShutdown()
        _ = await end.result
    }
}
