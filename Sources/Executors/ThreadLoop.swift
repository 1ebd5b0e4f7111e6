/// A loop that sleeps on a condition variable: for models, which keep their thread busy, and for links within the
/// process.
public final class ThreadLoop: Loop {
    private let core: LoopCore

    /// Starts the thread.
    ///
    /// - Parameter name: what debuggers show; Linux keeps 15 bytes.
    public init(name: String) {
        self.core = LoopCore(name: name, waiter: ConditionWaiter())
        self.core.start(executor: self.asUnownedSerialExecutor())
    }

    deinit {
        self.core.requestStop()
    }

    public var now: Double { monotonicSeconds() }

    public func execute(_ body: @escaping @Sendable () -> Void) {
        self.core.execute(body)
    }

    @discardableResult
    public func schedule(at instant: Double, _ body: @escaping @Sendable () -> Void) -> LoopTimer {
        self.core.schedule(at: instant, body)
    }

    public func cancel(_ timer: LoopTimer) {
        self.core.cancel(timer)
    }

    public func stop() {
        self.core.stop()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        self.core.enqueue(job)
    }

    public func checkIsolated() {
        self.core.checkIsolated()
    }

    public func isIsolatingCurrentContext() -> Bool? {
        self.core.isCurrent
    }
}

private final class ConditionWaiter: Waiter {
    private let condition = Condition()

    func wait(until instant: Double?) {
        self.condition.take(until: instant)
    }

    func poll() -> Bool { false }

    func dispatch() {}

    func finish() {}

    func wake() {
        self.condition.set()
    }
}
