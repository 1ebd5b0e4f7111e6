import CommandSupport
import Foretoken
import Speculation
import TestSupport
import Testing

/// How target and draft of one process share its cores.
@Suite(.oneAtATime) struct CoreSharingTests {
    struct Machine: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var limits: CoreSharing.Limits
        /// Milliseconds of a pass of the target with one thread by its rows, and how many times as fast more are.
        var pass: @Sendable (_ rows: Int) -> Double
        var speedUp: @Sendable (_ threads: Int) -> Double
        /// Milliseconds of a draft token by threads.
        var draft: @Sendable (_ threads: Int) -> Double
        var best: CoreSharing
    }

    private static let machines = [
        Machine(
            testDescription: "two cores that both count", limits: .init(cores: 2), pass: { 10 + 0.5 * Double($0) },
            speedUp: { Double($0) }, draft: { 1 / Double($0) }, best: .init(target: 2, draft: 2, takesTurns: true)),
        Machine(
            testDescription: "a draft too small for two threads", limits: .init(cores: 2),
            pass: { 10 + 0.5 * Double($0) }, speedUp: { Double($0) }, draft: { $0 == 1 ? 0.2 : 0.5 },
            best: .init(target: 2, draft: 1, takesTurns: true)),
        Machine(
            testDescription: "many cores that wait for memory", limits: .init(cores: 16),
            pass: { 10 + 0.1 * Double($0) }, speedUp: { Double(min($0, 8)) }, draft: { _ in 0.5 },
            best: .init(target: 15, draft: 1, takesTurns: false)),
        Machine(
            testDescription: "a coarser copy of the target", limits: .init(cores: 2),
            pass: { 10 + 0.5 * Double($0) }, speedUp: { Double($0) }, draft: { 7 / Double($0) },
            best: .init(target: 2, draft: 2, takesTurns: true)),
        Machine(
            testDescription: "others at work, so that passes of all threads cannot be timed", limits: .init(cores: 2),
            pass: { 10 + 0.5 * Double($0) }, speedUp: { $0 == 1 ? 1 : 0 }, draft: { $0 == 1 ? .infinity : 0.2 },
            best: .init(target: 2, draft: 2, takesTurns: true)),
        Machine(
            testDescription: "one core", limits: .init(cores: 1), pass: { 10 + 0.5 * Double($0) },
            speedUp: { Double($0) }, draft: { _ in 1 }, best: .init(target: 1, draft: 1, takesTurns: true)),
        Machine(
            testDescription: "limits", limits: .init(cores: 8, target: 2, draft: 1), pass: { 10 + 0.5 * Double($0) },
            speedUp: { Double($0) }, draft: { _ in 1 }, best: .init(target: 2, draft: 1, takesTurns: false)),
        Machine(
            testDescription: "limits beyond the cores", limits: .init(cores: 2, target: 64, draft: 64),
            pass: { 10 + 0.5 * Double($0) }, speedUp: { Double($0) }, draft: { 1 / Double($0) },
            best: .init(target: 2, draft: 2, takesTurns: true)),
        Machine(
            testDescription: "passes that fail", limits: .init(cores: 4), pass: { _ in .infinity },
            speedUp: { _ in 1 }, draft: { _ in .infinity }, best: .init(target: 4, draft: 1, takesTurns: true)),
    ]

    @Test(arguments: Self.machines)
    func theFasterWayIsTaken(machine: Machine) {
        var asked: [[Int]] = []
        let sharing = CoreSharing.fastest(machine.limits) { rows, threads in
            asked.append([rows, threads])
            return machine.pass(rows) / machine.speedUp(threads) / 1000
        } draft: { threads in
            machine.draft(threads) / 1000
        }
        #expect(sharing == machine.best)
        #expect(Set(asked).count == asked.count, "each is timed once")
    }

    /// Whatever was found, the program that serves all tells it, and the text is the target's own.
    @Test func aProcessWithBothTellsHowTheyShareItsCores() async throws {
        let service = try await Service.all([])
        try await withClient(of: service) { client in
            try await client.waitForDraft()
            let alone = try await client.tokens("import Foundation", count: 64, lookahead: "off")
            for rule in ["marginal", "sync:marginal", "fixed:4"] {
                #expect(try await client.tokens("import Foundation", count: 64, lookahead: rule) == alone, "\(rule)")
            }
            // Heartbeats bring what was measured.
            var deployment = try await client.describe()
            try await eventually("terms of the draft") {
                deployment = try await client.describe()
                return deployment.drafts.first?.drafting.first?.terms != nil
            }
            let terms = deployment.drafts.first?.drafting.first?.terms
            let target = try #require(deployment.targets.first?.execution)
            let draft = try #require(deployment.drafts.first?.execution)
            #expect(terms?.takesTurns == (Double(target.threads + draft.threads) > target.cores))
        }
    }
}
