internal import Synchronization

/// What all loops are made of: the queue, the timers, and the thread that serves them.
///
/// The thread holds the core, not the loop; so a loop that is forgotten can tell its core to end.
package final class LoopCore: Sendable {
    private enum Work: Sendable {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    private enum Phase {
        case running, stopping
        /// Whether a short-lived thread serves what came late.
        case ended(late: Bool)
    }

    private struct State {
        var phase = Phase.running
        var queue: [Work] = []
        var timers = TimerQueue<@Sendable () -> Void>()
        /// Whether the thread must be woken to see what is queued.
        var asleep = false
        var executor: UnownedSerialExecutor?
    }

    private let name: String
    private let waiter: any Waiter
    private let state = Mutex(State())
    private let ended = Condition()
    /// The thread that counts as the loop; 0: none.
    private let runner = Atomic<UInt>(0)

    package init(name: String, waiter: any Waiter) {
        self.name = name
        self.waiter = waiter
    }

    /// Starts the thread. `executor` is used for jobs only, and each job keeps its executor alive.
    package func start(executor: UnownedSerialExecutor) {
        self.state.withLock { $0.executor = executor }
        if let failure = Thread.start(name: self.name, { self.run() }) { preconditionFailure(failure) }
    }

    package var isCurrent: Bool { self.runner.load(ordering: .relaxed) == Thread.current }

    package func checkIsolated() {
        precondition(self.isCurrent, "not on the loop \(self.name)")
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        self.push(.job(UnownedJob(job)))
    }

    package func execute(_ body: @escaping @Sendable () -> Void) {
        self.push(.call(body))
    }

    package func schedule(at instant: Double, _ body: @escaping @Sendable () -> Void) -> LoopTimer {
        let (timer, mustWake) = self.state.withLock { state in
            let timer = state.timers.insert(body, at: instant)
            guard case .running = state.phase else {
                state.timers.cancel(timer)
                return (timer, false)
            }
            guard state.asleep, state.timers.earliest == instant else { return (timer, false) }
            state.asleep = false
            return (timer, true)
        }
        if mustWake { self.waiter.wake() }
        return timer
    }

    package func cancel(_ timer: LoopTimer) {
        // The closure must be freed outside of the lock: its last reference may queue more.
        let body = self.state.withLock { $0.timers.cancel(timer) }
        withExtendedLifetime(body) {}
    }

    package func stop() {
        precondition(!self.isCurrent, "the loop \(self.name) cannot wait for its own end")
        self.requestStop()
        self.ended.wait()
    }

    /// Tells the thread to end, without waiting.
    package func requestStop() {
        let mustWake = self.state.withLock { state in
            guard case .running = state.phase else { return false }
            state.phase = .stopping
            defer { state.asleep = false }
            return state.asleep
        }
        if mustWake { self.waiter.wake() }
    }

    private func push(_ work: Work) {
        enum Need { case nothing, wake, thread }
        let need: Need = self.state.withLock { state in
            state.queue.append(work)
            if case .ended(late: false) = state.phase {
                state.phase = .ended(late: true)
                return .thread
            }
            guard state.asleep else { return .nothing }
            state.asleep = false
            return .wake
        }
        switch need {
        case .nothing: break
        case .wake: self.waiter.wake()
        case .thread:
            if let failure = Thread.start(name: self.name, { self.runLate() }) { preconditionFailure(failure) }
        }
    }
}

// MARK: - The thread

extension LoopCore {
    private enum Next {
        case look, finish
        case sleep(until: Double?)
    }

    private func run() {
        self.runner.store(Thread.current, ordering: .relaxed)
        var batch: [Work] = []
        while true {
            _ = self.runQueued(&batch)
            self.runTimers()
            switch self.next() {
            case .look:
                if self.waiter.poll() { self.waiter.dispatch() }
            case .sleep(let instant):
                self.waiter.wait(until: instant)
                self.state.withLock { $0.asleep = false }
                self.waiter.dispatch()
            case .finish:
                self.dropTimers()
                self.waiter.finish()
                // What was let go of may have queued its own clean-up.
                while self.runQueued(&batch) || !self.endIfIdle() {}
                self.ended.set()
                return
            }
        }
    }

    private func next() -> Next {
        self.state.withLock { state in
            if !state.queue.isEmpty { return .look }
            if case .stopping = state.phase { return .finish }
            state.asleep = true
            return .sleep(until: state.timers.earliest)
        }
    }

    /// Runs what is queued now, and not what that queues; false when nothing was.
    private func runQueued(_ batch: inout [Work]) -> Bool {
        let executor = self.state.withLock { state in
            swap(&state.queue, &batch)
            return state.executor!
        }
        defer { batch.removeAll(keepingCapacity: true) }
        for work in batch {
            switch work {
            case .job(let job): job.runSynchronously(on: executor)
            case .call(let body): body()
            }
        }
        return !batch.isEmpty
    }

    /// Runs the timers that are due now, and not those that they set.
    private func runTimers() {
        let count = self.state.withLock { $0.timers.count }
        guard count > 0 else { return }
        let now = monotonicSeconds()
        for _ in 0..<count {
            guard let body = self.state.withLock({ $0.timers.popDue(now: now) }) else { return }
            body()
        }
    }

    private func dropTimers() {
        let timers = self.state.withLock { state in
            defer { state.timers = TimerQueue() }
            return state.timers
        }
        withExtendedLifetime(timers) {}
    }

    /// Gives up being the loop's thread, unless there is more to do.
    private func endIfIdle() -> Bool {
        self.state.withLock { state in
            guard state.queue.isEmpty else { return false }
            state.phase = .ended(late: false)
            self.runner.store(0, ordering: .relaxed)
            return true
        }
    }

    private func runLate() {
        self.runner.store(Thread.current, ordering: .relaxed)
        var batch: [Work] = []
        while self.runQueued(&batch) || !self.endIfIdle() {}
    }
}
