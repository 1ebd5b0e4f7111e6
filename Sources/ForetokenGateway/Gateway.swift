public import Foretoken

/// Serves a coordinator to clients that speak OpenAI's protocol over HTTP.
///
/// TLS is left to a reverse proxy before it.
public actor Gateway {
    private let client: ForetokenClient
    private let settings: GatewaySettings
    private let routes: [GatewayRoute]
    let listener: Listener
    private var responder: Responder?

    /// - Parameters:
    ///   - client: of the coordinator; the gateway closes it when it stops.
    ///   - routes: addresses besides OpenAI's and those of health.
    public init(client: ForetokenClient, settings: GatewaySettings, routes: [GatewayRoute] = []) {
        self.client = client
        self.settings = settings
        self.routes = routes
        self.listener = Listener(address: settings.address, logger: settings.logger)
    }

    /// Begins to listen.
    ///
    /// - Returns: where it really does.
    public func start() async throws(GatewayError) -> HTTPAddress {
        let responder = Responder(client: self.client, settings: self.settings)
        self.responder = responder
        let routes = self.routes
        return try await self.listener.start(
            { responder.router(routes) },
            mostConnections: self.settings.mostConnections ?? Connections.most(texts: self.settings.mostTexts),
            stallTimeout: self.settings.stallTimeout)
    }

    /// Waits until the server ends by itself.
    ///
    /// - Returns: why it did; `nil` once the gateway is stopped, or the task is cancelled.
    public nonisolated func failure() async -> GatewayError? { await self.listener.failure() }

    /// Goes on with the keys and limits of other settings: `keys`, `requestsPerMinute` and `mostTexts`.
    ///
    /// Whether keys are asked for stays as it was: nobody is let in without one by accident.
    public func change(to settings: GatewaySettings) async {
        self.responder?.change(to: settings)
        if settings.mostConnections == nil {
            await self.listener.change(mostConnections: Connections.most(texts: settings.mostTexts))
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
        await self.listener.stop()
    }
}
