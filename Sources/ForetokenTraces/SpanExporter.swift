internal import CoreMetrics
internal import Logging
internal import Synchronization

/// Keeps finished spans until they are sent, in batches, by a task of its own.
final class SpanExporter: Sendable {
    private struct State {
        var waiting: [FinishedSpan] = []
        var isOver = false
        /// Whether the last batch was not taken, and waits for another try.
        var hasFailed = false
        /// When it was last told that spans are dropped.
        var toldAt: ContinuousClock.Instant?
    }

    /// Most spans that wait; more are dropped.
    static let mostWaiting = 2048
    /// Most spans of a batch; as many wake the task before its time.
    static let mostSent = 512

    private let settings: TraceSettings
    private let logger: Logger
    private let state = Mutex(State())
    private let wakes: AsyncStream<Void>.Continuation
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let sent = Counter(label: "foretoken_spans_sent_total")
    private let dropped = Counter(label: "foretoken_spans_dropped_total")

    init(_ settings: TraceSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        let (wakes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wakes = continuation
        let interval = settings.interval
        let clock = Task {
            while true {
                try await Task.sleep(for: interval)
                continuation.yield()
            }
        }
        let task = Task(priority: .utility) { [weak self] in
            for await _ in wakes { await self?.sendAll() }
            clock.cancel()
            await self?.sendAll()
            self?.dropRest()
        }
        self.task.withLock { $0 = task }
    }

    deinit { self.wakes.finish() }

    /// Takes a span; never waits.
    func add(_ span: FinishedSpan) {
        let count = self.state.withLock { state -> Int? in
            guard !state.isOver, state.waiting.count < Self.mostWaiting else { return nil }
            state.waiting.append(span)
            return state.waiting.count
        }
        guard let count else {
            let isOver = self.state.withLock { $0.isOver }
            return self.drop(1, isOver ? "the process ends" : "the receiver does not keep up")
        }
        if count >= Self.mostSent { self.flush() }
    }

    /// Has the task send what waits.
    func flush() { self.wakes.yield() }

    /// Sends what waits, and ends; at once where the task that asks is cancelled.
    func shutdown(within patience: Duration) async {
        self.state.withLock { $0.isOver = true }
        self.wakes.finish()
        let task = self.task.withLock { $0 }
        let alarm = Task {
            try await Task.sleep(for: patience)
            task?.cancel()
        }
        await withTaskCancellationHandler {
            await task?.value
        } onCancel: {
            task?.cancel()
        }
        alarm.cancel()
    }

    private func sendAll() async {
        while true {
            let batch = self.takeBatch()
            guard !batch.isEmpty, !Task.isCancelled else { return self.drop(batch.count, "there is no time left") }
            do {
                let body = try OTLPRequest(batch, resource: self.settings.resource).json
                let status = try await HTTPPost(self.settings).send(body)
                guard (200..<300).contains(status) else { throw Refused(status: status) }
                self.sent.increment(by: batch.count)
                self.state.withLock { $0.hasFailed = false }
            } catch {
                // The rest waits for the next time, as far as there is room.
                let isFinal = (error as? Refused).map { !$0.mayPass } ?? false
                return isFinal ? self.drop(batch.count, "\(error)") : self.keepOrDrop(batch, "\(error)")
            }
        }
    }

    private struct Refused: Error, CustomStringConvertible {
        var status: Int
        var description: String { "the receiver answers with status \(self.status)" }
        /// Whether the same batch may be taken later, as OTLP has it.
        var mayPass: Bool { [429, 502, 503, 504].contains(self.status) }
    }

    private func takeBatch() -> [FinishedSpan] {
        self.state.withLock { state in
            let batch = Array(state.waiting.prefix(Self.mostSent))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    /// A batch that was not taken is tried once more the next time, as far as there is room: receivers are restarted.
    private func keepOrDrop(_ batch: [FinishedSpan], _ reason: String) {
        let dropped = self.state.withLock { state -> Int in
            state.hasFailed.toggle()
            guard state.hasFailed else { return batch.count }
            let room = max(0, Self.mostWaiting - state.waiting.count)
            state.waiting.insert(contentsOf: batch.prefix(room), at: 0)
            return max(0, batch.count - room)
        }
        self.drop(dropped, reason)
    }

    private func dropRest() { self.drop(self.state.withLock { $0.waiting.count }, "there is no time left") }

    /// Counts spans that nobody will see, and says so once a minute.
    private func drop(_ count: Int, _ reason: String) {
        guard count > 0 else { return }
        self.dropped.increment(by: count)
        let isToBeTold = self.state.withLock { state in
            let now = ContinuousClock.now
            if let toldAt = state.toldAt, now - toldAt < .seconds(60) { return false }
            state.toldAt = now
            return true
        }
        guard isToBeTold else { return }
        self.logger.warning("Spans are dropped", metadata: ["reason": "\(reason)", "count": "\(count)"])
    }
}
