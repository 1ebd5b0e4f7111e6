import ForetokenLinks
import ForetokenWire
import InProcess
import Speculation
import TestSupport
import Testing

/// The text is what the target alone would write, whatever happens between draft and target.
@Suite(.oneAtATime) struct LosslessServicesTests {
    static let rules: [LookaheadRule] = [
        "off", "fixed:1", "fixed:4", "sync:fixed:4", "fixed:8", "heuristic", "sync:confidence:0.4", "classifier:0.1",
        "marginal",
    ]
    static let samplings = [
        Sampling.greedy, Sampling(temperature: 0.8, seed: 1), Sampling(temperature: 1.2, topK: 20, topP: 0.9, seed: 2),
    ]

    @Test(arguments: rules) func everyRuleWritesTheTargetsText(_ rule: LookaheadRule) async throws {
        // An instant target would wait for nobody.
        try await withCluster(try await Cluster(passSeconds: 0.002)) { cluster, client in
            for sampling in Self.samplings {
                let request = Request(prompt: "the quick brown", sampling: sampling, maxTokens: 96, lookahead: rule)
                let answer = try await client.generate(request)
                let reference = try cluster.reference(request)
                #expect(answer.tokens == reference)
                #expect(answer.status == nil)
                // A target may be done before the draft's first block is there.
                guard rule != "off" else { continue }
                try await eventually {
                    let again = try await client.generate(request)
                    #expect(again.tokens == reference)
                    return again.statistics!.acceptedTokens > 10
                }
            }
        }
    }

    @Test(arguments: [
        Faults(drop: 0.1, duplicate: 0.1, delay: 0...0.004), Faults(drop: 0.3, duplicate: 0.3, delay: 0...0.001),
        Faults(delay: 0.005...0.006),
    ]) func faultsOnTheWayChangeNothing(_ faults: Faults) async throws {
        try await withCluster(try await Cluster(seed: 3)) { cluster, client in
            cluster.network.setFaults(faults, at: "far")
            for (number, rule) in Self.rules.enumerated() {
                let sampling = Self.samplings[number % Self.samplings.count]
                let request = Request(prompt: "prompt \(number)", sampling: sampling, maxTokens: 64, lookahead: rule)
                let answer = try await client.generate(request)
                let reference = try cluster.reference(request)
                #expect(answer.tokens == reference)
            }
        }
    }

    @Test func manyAtOnceWriteWhatEachWouldAlone() async throws {
        try await withCluster(try await Cluster(slots: 4)) { cluster, client in
            var calls: [(UInt64, Request)] = []
            for number in 0..<24 {
                let request = Request(
                    prompt: "sequence \(number)", sampling: Self.samplings[number % 3], maxTokens: 40,
                    lookahead: Self.rules[number % Self.rules.count])
                calls.append((await client.begin(request), request))
            }
            for (call, request) in calls {
                try await client.wait { $0.answer(call).isOver }
                let answer = await client.answer(call)
                let reference = try cluster.reference(request)
                #expect(answer.tokens == reference)
            }
        }
    }
}
