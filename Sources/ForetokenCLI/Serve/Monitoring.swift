import CommandSupport
import ForetokenGateway
import ForetokenMetrics
import Logging
import Synchronization

/// The monitor of a process that serves; none where it was not asked for.
final class Monitoring: Sendable {
    private let address: HTTPAddress?
    private let metrics: PrometheusMetrics?
    private let logger: Logger
    private let monitor = Mutex<Monitor?>(nil)
    private let isDraining = Atomic(false)
    /// `nil` while the service is starting.
    private let watched = Mutex<(lack: String, isReady: @Sendable () -> Bool)?>(nil)

    init(_ options: MetricsOptions, _ metrics: PrometheusMetrics?, logger: Logger) {
        self.address = options.metricsListen.flatMap { HTTPAddress($0) }
        self.metrics = metrics
        self.logger = logger
    }

    /// Begins to answer: the service is starting.
    ///
    /// - Returns: where it really listens; `nil` where it is not wanted.
    func start() async throws(CommandError) -> HTTPAddress? {
        guard let address, let metrics else { return nil }
        let monitor = Monitor(
            address: address, logger: self.logger, figures: Figures(of: metrics), standing: { self.standing })
        self.monitor.withLock { $0 = monitor }
        do {
            return try await monitor.start()
        } catch {
            throw CommandError(error)
        }
    }

    private var standing: Monitor.Standing {
        if self.isDraining.load(ordering: .relaxed) { return .draining }
        guard let watched = self.watched.withLock({ $0 }) else { return .notReady("the service is starting") }
        return watched.isReady() ? .ready : .notReady(watched.lack)
    }

    /// The service has started.
    ///
    /// - Parameters:
    ///   - lack: what is missing while it is not ready.
    ///   - isReady: asked for each time; has to answer at once.
    func watch(lacking lack: String, isReady: @escaping @Sendable () -> Bool) {
        self.watched.withLock { $0 = (lack, isReady) }
    }

    /// Tells probes from now on that the service is about to end.
    func drain() { self.isDraining.store(true, ordering: .relaxed) }

    /// Closes it, the last of all.
    func stop() async { await self.monitor.withLock { $0.take() }?.stop() }
}

extension Figures {
    convenience init(of metrics: PrometheusMetrics) {
        self.init(contentType: PrometheusMetrics.contentType) { metrics.text }
    }
}
