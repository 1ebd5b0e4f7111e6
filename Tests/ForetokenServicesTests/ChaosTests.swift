import ForetokenLinks
import ForetokenWire
import Foundation
import InProcess
import Speculation
import TestSupport
import Testing

/// Blocks and verdicts that are lost, doubled, late and in another order, for many rounds on end: the text is the
/// target's own.
///
/// `FORETOKEN_ROUNDS` sets how many rounds are done at least, `FORETOKEN_SEED` which network is the first.
@Suite(.oneAtATime) struct ChaosTests {
    private static let rounds = Self.setting("FORETOKEN_ROUNDS") ?? 300
    private static let firstSeed = Self.setting("FORETOKEN_SEED") ?? 1

    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    private static let rules: [LookaheadRule] = ["marginal", "fixed:4", "heuristic"]

    /// Every rule, greedy and sampled, all at once; the more sequences of a prompt, the more they have in common.
    private static func requests(_ random: inout SplitMix64) -> [Request] {
        let samplings = [
            Sampling.greedy, Sampling(temperature: 0.8, seed: random.next()),
            Sampling(temperature: 1.2, topK: 20, topP: 0.9, seed: random.next()),
        ]
        let beginning = String(repeating: "again and ", count: Int.random(in: 0...4, using: &random))
        return Self.rules.flatMap { rule in
            samplings.indices.map { number in
                Request(
                    prompt: "\(beginning)story \(Int.random(in: 0..<3, using: &random))", sampling: samplings[number],
                    maxTokens: Int.random(in: 64...160, using: &random), lookahead: rule)
            }
        }
    }

    private static func faults(_ random: inout SplitMix64) -> Faults {
        let least = Double.random(in: 0...0.004, using: &random)
        return Faults(
            drop: Double.random(in: 0...0.2, using: &random), duplicate: Double.random(in: 0...0.2, using: &random),
            // Where this is wide, messages overtake each other.
            delay: least...least + Double.random(in: 0...0.008, using: &random))
    }

    /// - Returns: rounds by rule.
    private func rounds(ofSeed seed: Int) async throws -> [LookaheadRule: Int] {
        var random = SplitMix64(seed: UInt64(truncatingIfNeeded: seed))
        let requests = Self.requests(&random)
        let faults = Self.faults(&random)
        // More sequences than slots: some begin while others are under way.
        let cluster = try await Cluster(
            seed: random.next(), slots: 6, agreement: Double.random(in: 0.5...0.95, using: &random),
            passSeconds: 0.003)
        var rounds: [LookaheadRule: Int] = [:]
        try await withCluster(cluster) { cluster, client in
            cluster.network.setFaults(faults, at: "far")
            var calls: [(id: UInt64, request: Request)] = []
            for request in requests { calls.append((await client.begin(request), request)) }
            for (id, request) in calls {
                try await client.wait { $0.answer(id).isOver }
                let answer = await client.answer(id)
                let reference = try cluster.reference(request)
                #expect(answer.tokens == reference, "FORETOKEN_SEED=\(seed), \(faults), \(request)")
                #expect(answer.status == nil, "FORETOKEN_SEED=\(seed), \(faults), \(request)")
                rounds[request.lookahead ?? .marginal, default: 0] += answer.statistics?.rounds ?? 0
            }
        }
        return rounds
    }

    @Test func everyTextIsTheTargetsOwn() async throws {
        var rounds: [LookaheadRule: Int] = [:]
        var seed = Self.firstSeed
        while rounds.values.reduce(0, +) < Self.rounds {
            do {
                rounds.merge(try await self.rounds(ofSeed: seed), uniquingKeysWith: +)
            } catch {
                Issue.record("FORETOKEN_SEED=\(seed): \(error)")
                return
            }
            seed += 1
            try #require(seed - Self.firstSeed <= Self.rounds, "hardly anything is drafted: \(rounds)")
        }
        print("\(rounds) over \(seed - Self.firstSeed) networks")
        for rule in Self.rules { #expect(rounds[rule] ?? 0 > 0, "\(rule) never drafted") }
    }
}
