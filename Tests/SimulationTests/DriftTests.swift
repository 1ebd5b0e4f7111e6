internal import Speculation
internal import Synchronization
internal import TestSupport
internal import Testing

@testable import Simulation

@Suite struct DriftTests {
    private static func texts(_ count: Int, _ domain: String) -> [Trace.Text] {
        (0..<count).map { ReplayTests.named(ReplayTests.text(60, acceptances: [0.8], seed: UInt64($0)), domain) }
    }

    private static func drift(_ texts: [Trace.Text]) throws(DriftError) -> Drift {
        try Drift(texts: texts, delays: [0, 0.08, 0], costs: ReplayTests.costs, endTokens: [0])
    }

    @Test func aDomainNeedsATextForEachOfItsPhases() throws {
        #expect(try Self.drift(Self.texts(3, "")).phases.allSatisfy { $0.texts.count == 1 })
        let (a, b) = (Self.texts(3, "a"), Self.texts(2, "b"))
        #expect(throws: DriftError(domain: "b", texts: 2, needed: 3)) { _ = try Self.drift(a + b) }
        let error = #expect(throws: DriftError.self) { _ = try Self.drift(b) }
        #expect(error?.description.contains("needs 3 texts of \"b\", but the traces have 2") == true)
        #expect(throws: DriftError.self) { _ = try Self.drift([]) }
    }

    @Test func itTellsEachRunAndEndsBetweenTwoWhenItIsCancelled() async throws {
        let drift = try Self.drift(Self.texts(3, ""))
        let rules = (1...5).map { Contender(.fixed($0))! }
        let runs = Mutex(0)
        let outcomes = try await drift.outcomes(Contender(.marginal)!, against: rules) { runs.withLock { $0 += 1 } }
        #expect(outcomes.count == 3 && runs.withLock { $0 } == 6)

        let task = Task {
            try await drift.outcomes(Contender(.marginal)!, against: rules) { withUnsafeCurrentTask { $0?.cancel() } }
        }
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }
}
