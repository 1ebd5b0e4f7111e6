import CommandSupport
import Simulation
import Speculation

/// Simulates a fleet under several plans, side by side, and tells how far it is.
struct FleetRun: Sendable {
    let plans: [FleetPlan]
    let texts: [Trace.Text]
    let endTokens: Set<Token>

    /// Between two looks at the clock and at whether all is cancelled.
    private static let events = 20_000

    /// - Returns: in the order of the plans, with the real seconds that each took.
    /// - Throws: `CancellationError`.
    func results(_ progress: ProgressBar) async throws -> [(result: FleetResult, took: Double)] {
        try await withThrowingTaskGroup(of: (Int, FleetResult, Double).self) { group in
            for (index, plan) in self.plans.enumerated() {
                group.addTask {
                    let begin = ContinuousClock.now
                    var simulation = FleetSimulation(plan, texts: self.texts, endTokens: self.endTokens)
                    var told = 0
                    while simulation.advance(events: Self.events) {
                        progress.advance(by: simulation.finished - told)
                        told = simulation.finished
                        await Task.yield()
                        try Task.checkCancellation()
                    }
                    progress.advance(by: simulation.finished - told)
                    let took = (ContinuousClock.now - begin) / .seconds(1)
                    return (index, simulation.result, took)
                }
            }
            var results = [(result: FleetResult, took: Double)?](repeating: nil, count: self.plans.count)
            for try await (index, result, took) in group { results[index] = (result, took) }
            return results.compactMap(\.self)
        }
    }
}
