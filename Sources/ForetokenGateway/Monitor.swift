internal import HTTPTypes
internal import Hummingbird
public import Logging
internal import NIOCore
internal import Synchronization

/// Tells figures, health and readiness at an address of its own, for those who scrape and probe: they have no key, and
/// no limit counts for them.
///
/// However many ask, figures are written at most once in `age`.
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
    /// Time for which figures are good.
    static let age = Duration.milliseconds(25)

    /// - Parameters:
    ///   - contentType: of the figures.
    ///   - figures: text for `/metrics`.
    ///   - standing: what `/health` and `/ready` tell; asked for each time.
    public init(
        address: HTTPAddress, logger: Logger, contentType: String, figures: @escaping @Sendable () -> String,
        standing: @escaping @Sendable () -> Standing
    ) {
        self.listener = Listener(address: address, logger: logger)
        self.logger = logger
        self.figures = Figures(contentType: contentType, write: figures)
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
        Responder.add(.get, "/metrics", to: all) { _, _ in figures.response }
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

/// Figures as they were written last, written anew where they are too old.
private final class Figures: Sendable {
    private let contentType: String
    private let write: @Sendable () -> String
    private let latest = Mutex<(text: ByteBuffer, writtenAt: ContinuousClock.Instant)?>(nil)

    init(contentType: String, write: @escaping @Sendable () -> String) {
        self.contentType = contentType
        self.write = write
    }

    var response: Response {
        let text = self.latest.withLock { latest in
            let now = ContinuousClock.now
            if let latest, now - latest.writtenAt < Monitor.age { return latest.text }
            let text = ByteBuffer(string: self.write())
            latest = (text, now)
            return text
        }
        return Response(
            status: .ok, headers: [.contentType: self.contentType], body: ResponseBody(byteBuffer: text))
    }
}
