internal import HTTPTypes
internal import Hummingbird
public import Logging

/// Tells figures, health and readiness at an address of its own, for those who scrape and probe: they have no key, and
/// no limit counts for them.
public actor Monitor {
    /// How a service is.
    public enum Standing: Equatable, Sendable {
        case ready
        /// It serves, but what it needs is missing; with what that is.
        case notReady(String)
        /// It is told to end, and begins nothing more.
        case draining
    }

    private let listener: Listener
    private let logger: Logger
    private let figures: Figures
    private let standing: @Sendable () -> Standing

    /// Connections at most. Few ask, and each may take one for every question.
    private static let mostConnections = 64

    /// - Parameters:
    ///   - figures: for `/metrics`.
    ///   - standing: what `/health` and `/ready` tell; asked for each time.
    public init(
        address: HTTPAddress, logger: Logger, figures: Figures, standing: @escaping @Sendable () -> Standing
    ) {
        self.listener = Listener(address: address, logger: logger)
        self.logger = logger
        self.figures = figures
        self.standing = standing
    }

    /// Begins to listen.
    ///
    /// - Returns: where it really does.
    public func start() async throws(GatewayError) -> HTTPAddress {
        let (figures, standing) = (self.figures, self.standing)
        let address = try await self.listener.start(
            { Self.router(figures, standing) }, mostConnections: Self.mostConnections, stallTimeout: .seconds(10))
        let (listener, logger) = (self.listener, self.logger)
        Task {
            guard let failure = await listener.failure() else { return }
            logger.error("Metrics and health are no longer served", metadata: ["error": "\(failure)"])
        }
        return address
    }

    public func stop() async { await self.listener.stop() }

    private static func router(
        _ figures: Figures, _ standing: @escaping @Sendable () -> Standing
    ) -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorMiddleware())
        let all = router.group()
        Responder.add(.get, "/metrics", to: all) { _, _ in figures.answer.response }
        for path in ["/health", "/healthz"] {
            Responder.add(.get, path, to: all) { _, _ in
                switch standing() {
                case .ready, .notReady: try Responder.json(HealthObject(status: "ok"))
                case .draining: try Self.no("the service is shutting down")
                }
            }
        }
        for path in ["/ready", "/readyz"] {
            Responder.add(.get, path, to: all) { _, _ in
                switch standing() {
                case .ready: try Responder.json(HealthObject(status: "ready"))
                case .notReady(let reason): try Self.no(reason)
                case .draining: try Self.no("the service is shutting down")
                }
            }
        }
        return router
    }

    private static func no(_ reason: String) throws -> Response {
        try Responder.json(HealthObject(status: "not ready", reason: reason), status: .serviceUnavailable)
    }
}
