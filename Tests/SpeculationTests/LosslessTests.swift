internal import Foundation
internal import TestSupport
internal import Testing

@testable import Speculation

/// Whatever the draft, the rule and the network do, the text is the target's own.
///
/// `FORETOKEN_SEEDS` sets how many networks each rule goes through.
@Suite struct LosslessTests {
    static let seeds = ProcessInfo.processInfo.environment["FORETOKEN_SEEDS"].flatMap { UInt64($0) } ?? 80

    static let rules: [LookaheadRule] = [
        .off, .fixed(1), .fixed(4), .fixed(12), .heuristic, .confidence(threshold: 0.4, cap: 20), .marginal,
        .synchronous(.fixed(4)), .synchronous(.marginal),
    ]

    static func simulation(
        _ seed: UInt64, rule: LookaheadRule, agreement: Double = 0.7, limit: Int = 100, faults: Simulation.Faults
    ) -> (simulation: Simulation, expected: [Token]) {
        var random = SplitMix64(seed: seed)
        let models = TinyModels(seed: random.next(), agreement: agreement)
        let prompt = (0..<Int.random(in: 1...11, using: &random)).map { _ in
            Token.random(in: 0..<TinyModels.end, using: &random)
        }
        let simulation = Simulation(
            models: models, prompt: prompt, limit: limit, rule: rule, faults: faults, seed: random.next())
        return (simulation, models.continuation(of: prompt, limit: limit))
    }

    @Test(arguments: Self.rules)
    func throughEveryFaultTheCommittedTokensAreTheTargetsOwn(rule: LookaheadRule) async {
        var accepted = 0
        var kills = 0
        for seed: UInt64 in 0..<Self.seeds {
            await Task.yield()
            var random = SplitMix64(seed: seed ^ 0xfa17)
            let faults = Simulation.Faults(
                drop: .random(in: 0...0.4, using: &random), duplicate: .random(in: 0...0.3, using: &random),
                kill: random.chance(0.5) ? 0.01 : 0, delay: 0.001...Double.random(in: 0.002...0.2, using: &random))
            var (simulation, expected) = Self.simulation(seed, rule: rule, faults: faults)
            let ended = simulation.run()
            #expect(ended, "seed \(seed)")
            #expect(simulation.pieces.map(\.token) == expected, "seed \(seed)")
            #expect(simulation.sequence.finish == (expected.last == TinyModels.end ? .stop : .length), "seed \(seed)")
            #expect(simulation.faultsSeen == [], "seed \(seed)")
            Self.checkStatistics(of: simulation, seed)
            accepted += simulation.sequence.statistics.acceptedTokens
            kills += simulation.kills
        }
        #expect((accepted > 3 * Int(Self.seeds)) == (rule != .off), "faults leave something to speculate")
        #expect((kills > Int(Self.seeds) / 3) == (rule != .off))
    }

    static func checkStatistics(of simulation: Simulation, _ seed: UInt64) {
        let statistics = simulation.sequence.statistics
        #expect(statistics.generatedTokens == simulation.pieces.count, "seed \(seed)")
        #expect(statistics.acceptedTokens == simulation.pieces.filter { $0.origin == .accepted }.count, "seed \(seed)")
        #expect(statistics.acceptedTokens <= statistics.draftTokens, "seed \(seed)")
        #expect(statistics.rounds <= statistics.targetPasses, "seed \(seed)")
        #expect(statistics.targetPasses <= statistics.generatedTokens, "seed \(seed)")
    }

    @Test(arguments: Self.rules.filter(\.isSynchronous))
    func overACleanChannelNoSynchronousRoundIsMissedOrStale(rule: LookaheadRule) async {
        for seed: UInt64 in 0..<30 {
            await Task.yield()
            var (simulation, expected) = Self.simulation(seed, rule: rule, faults: Simulation.Faults())
            let ended = simulation.run()
            let statistics = simulation.sequence.statistics
            #expect(ended && simulation.pieces.map(\.token) == expected, "seed \(seed)")
            #expect(statistics.missedBlocks == 0, "seed \(seed)")
            #expect(statistics.staleBlocks <= 1, "only the first block may come too late; seed \(seed)")
            #expect(simulation.faultsSeen == [], "seed \(seed)")
        }
    }

    @Test(arguments: [LookaheadRule.fixed(4), .marginal], [0.001, 0.01, 0.03])
    func runningAheadOfTheVerdictIsFasterThanSynchronousRoundsAtEveryDistance(
        rule: LookaheadRule, delay: Seconds
    ) async {
        func seconds(_ rule: LookaheadRule) async -> Seconds {
            var seconds: Seconds = 0
            for seed: UInt64 in 0..<20 {
                await Task.yield()
                var (simulation, expected) = Self.simulation(
                    seed, rule: rule, agreement: 0.8, limit: 150, faults: Simulation.Faults(delay: delay...delay))
                let ended = simulation.run()
                #expect(ended && simulation.pieces.map(\.token) == expected, "seed \(seed)")
                #expect(simulation.faultsSeen == [], "seed \(seed)")
                seconds += simulation.now
            }
            return seconds
        }
        let (synchronous, overlapped) = (await seconds(.synchronous(rule)), await seconds(rule))
        #expect(overlapped < synchronous, "\(overlapped) for \(synchronous)")
    }

    @Test(arguments: [LookaheadRule.fixed(4), .marginal], [0.001, 0.01, 0.03])
    func secondChoicesDraftedWhileThereIsTimeMakeItFasterStill(rule: LookaheadRule, delay: Seconds) async {
        func seconds(isIdle: Bool) async -> Seconds {
            var seconds: Seconds = 0
            for seed: UInt64 in 0..<20 {
                await Task.yield()
                var (simulation, expected) = Self.simulation(
                    seed, rule: rule, limit: 150, faults: Simulation.Faults(delay: delay...delay))
                simulation.isIdle = isIdle
                let ended = simulation.run()
                #expect(ended && simulation.pieces.map(\.token) == expected, "seed \(seed)")
                #expect(simulation.faultsSeen == [], "seed \(seed)")
                seconds += simulation.now
            }
            return seconds
        }
        let (busy, idle) = (await seconds(isIdle: false), await seconds(isIdle: true))
        #expect(idle < busy, "\(idle) for \(busy)")
    }

    @Test(arguments: [(0.5, 2), (0.7, 4), (0.9, 4), (0.9, 7)])
    func overACleanChannelPassesAreAsFewAsTheAcceptancePredicts(agreement: Double, lookahead: Int) async {
        var tokens = 0
        var passes = 0
        for seed: UInt64 in 0..<60 {
            await Task.yield()
            var (simulation, _) = Self.simulation(
                seed, rule: .synchronous(.fixed(lookahead)), agreement: agreement, limit: 200,
                faults: Simulation.Faults())
            _ = simulation.run()
            tokens += simulation.sequence.statistics.generatedTokens
            passes += simulation.sequence.statistics.targetPasses
        }
        let length = Double(tokens) / Double(passes)
        // 1 + a + a^2 + … + a^n (arXiv 2211.17192).
        var (expected, survival) = (0.0, 1.0)
        for _ in 0...lookahead { (expected, survival) = (expected + survival, survival * agreement) }
        #expect(length > 1.5)
        #expect(abs(length / expected - 1) < 0.06, "\(length) for \(expected)")
    }

    @Test(arguments: [
        LookaheadRule.fixed(4), .heuristic, .synchronous(.confidence(threshold: 0.4, cap: 20)),
    ])
    func whenTheFaultsAreOverBlocksAreAcceptedAgain(rule: LookaheadRule) async {
        for seed: UInt64 in 0..<60 {
            await Task.yield()
            var faults = Simulation.Faults(drop: 0.6, duplicate: 0.3, kill: 0.02, delay: 0.001...0.3)
            faults.until = 3
            var (simulation, expected) = Self.simulation(
                seed, rule: rule, agreement: 0.9, limit: 400, faults: faults)
            let ended = simulation.run()
            #expect(ended && simulation.pieces.map(\.token) == expected, "seed \(seed)")
            // The longest silence is one doubled wait for a block, and the draft's way back.
            let behind = simulation.acceptances.filter { $0.at > faults.until + 3.5 }
            guard behind.count >= 10 else { continue }
            #expect(behind.filter { $0.count > 0 }.count * 3 > behind.count * 2, "seed \(seed)")
        }
    }
}
