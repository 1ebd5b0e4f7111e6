import CommandSupport
import Measurement
import Speculation
import Synchronization

/// What a load test has found so far.
final class LoadTestState: Sendable {
    let clock = LoadClock()
    let gauge = LoadGauge()
    let recorder: Mutex<LoadRecorder>

    init(_ arms: [LoadArm], goal: ServiceLevels) {
        self.recorder = Mutex(LoadRecorder(arms, goal: goal))
    }
}

/// Runs the windows of a plan one after the other.
struct LoadTest<Target: LoadTarget>: Sendable {
    let target: Target
    let state: LoadTestState
    let plan: LoadPlan
    let shape: LoadShape
    let deck: PromptDeck
    let drain: Seconds
    let mostInFlight: Int
    /// Whether it is no fault when the prompts are used up.
    let endsWithPrompts: Bool

    /// - Returns: why it ended early; `nil` when it did not.
    func run() async -> String? {
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
            await runner.run(&driver) { trace in self.state.recorder.withLock { $0.add(trace) } }
            let end = driver.isStopped ? clock.now : max(clock.now, driver.lastBegin ?? 0)
            self.state.recorder.withLock { $0.close(at: end) }
            begun = driver.begun
            ranOut = ranOut || driver.ranOut
        }
        guard ranOut, !self.endsWithPrompts else { return nil }
        return "all \(self.deck.count) prompts are used up: give more --prompts, or use them again with --repeat"
    }
}
