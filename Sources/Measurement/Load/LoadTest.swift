package import Speculation
package import Synchronization

/// What a load test has found so far.
package final class LoadTestState: Sendable {
    package let clock = LoadClock()
    package let gauge = LoadGauge()
    package let recorder: Mutex<LoadRecorder>

    package init(_ arms: [LoadArm], goal: ServiceLevels) {
        self.recorder = Mutex(LoadRecorder(arms, goal: goal))
    }
}

/// Runs the windows of a plan one after the other.
package struct LoadTest<Target: LoadTarget>: Sendable {
    private let target: Target
    private let state: LoadTestState
    private let plan: LoadPlan
    private let shape: LoadShape
    private let deck: PromptDeck
    private let drain: Seconds
    private let mostInFlight: Int
    private let endsWithPrompts: Bool
    private let observe: @Sendable (RequestTrace) -> Void

    /// - Parameters:
    ///   - drain: that requests have left when the time of a window is over; then they are cut off.
    ///   - endsWithPrompts: whether the prompts may be used up.
    ///   - observe: is shown each request when it has ended.
    package init(
        target: Target, state: LoadTestState, plan: LoadPlan, shape: LoadShape, deck: PromptDeck, drain: Seconds,
        mostInFlight: Int, endsWithPrompts: Bool, observe: @escaping @Sendable (RequestTrace) -> Void = { _ in }
    ) {
        self.target = target
        self.state = state
        self.plan = plan
        self.shape = shape
        self.deck = deck
        self.drain = drain
        self.mostInFlight = mostInFlight
        self.endsWithPrompts = endsWithPrompts
        self.observe = observe
    }

    /// - Returns: why it ended early; `nil` when it did not.
    package func run() async -> String? {
        let clock = self.state.clock
        let runner = LoadRunner(self.target, clock: clock, drain: self.drain, gauge: self.state.gauge)
        var plan = self.plan
        var begun: Int?
        var ranOut = false
        while !Task.isCancelled, let window = plan.next(after: begun) {
            // Both of a pair send the same prompts: the second one too when the first has used them up.
            if ranOut && window.arm == plan.firstArm { break }
            var driver = LoadDriver(
                window, shape: self.shape, deck: self.deck, mostInFlight: self.mostInFlight, begin: clock.now)
            if window.isCounted {
                let until = plan.isComparison ? nil : driver.lastBegin
                self.state.recorder.withLock { $0.open(window.arm, from: driver.countFrom, until: until) }
            }
            await runner.run(&driver) { trace in
                self.state.recorder.withLock { $0.add(trace) }
                self.observe(trace)
            }
            let end = driver.isStopped ? clock.now : max(clock.now, driver.lastBegin ?? 0)
            self.state.recorder.withLock { $0.close(at: end) }
            begun = driver.begun
            ranOut = ranOut || driver.ranOut
        }
        guard ranOut, !self.endsWithPrompts else { return nil }
        return "all \(self.deck.count) prompts are used up: give more --prompts, or use them again with --repeat"
    }
}
