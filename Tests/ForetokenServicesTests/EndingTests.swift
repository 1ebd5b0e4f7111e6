import ForetokenEngine
import ForetokenWire
import Speculation
import TestSupport
import Testing

/// Texts that end later than their target would end them, or not at its end at all, are lossless like all others.
@Suite(.oneAtATime) struct EndingTests {
    private static let rules: [LookaheadRule] = ["off", "sync:fixed:4", "fixed:8", "marginal"]
    private static let samplings = [Sampling.greedy, Sampling(temperature: 1, seed: 5)]
    private static let most = 80

    /// A prompt that the target ends by itself, early.
    private func shortPrompt(_ cluster: Cluster, _ sampling: Sampling) throws -> Request {
        for number in 0..<2000 {
            let request = Request(prompt: "prompt \(number)", sampling: sampling, maxTokens: Self.most)
            if try cluster.reference(request).count < Self.most / 2 { return request }
        }
        throw NoPrompt()
    }

    private struct NoPrompt: Error {}

    @Test(arguments: rules) func theTextIsTheTargetsOwn(_ rule: LookaheadRule) async throws {
        try await withCluster(try await Cluster(endShare: 0.03)) { cluster, client in
            for sampling in Self.samplings {
                var request = try self.shortPrompt(cluster, sampling)
                request.lookahead = rule
                let own = try cluster.reference(request)
                #expect(try await client.generate(request).tokens == own)
                let endings = [(own.count, false), (Self.most, false), (0, true), (own.count + 3, true)]
                for (minTokens, ignoresEnd) in endings {
                    (request.minTokens, request.ignoresEnd) = (minTokens, ignoresEnd)
                    let answer = try await client.generate(request)
                    #expect(answer.tokens == (try cluster.reference(request)), "\(minTokens) \(ignoresEnd)")
                    #expect(answer.tokens.count >= (ignoresEnd ? Self.most : minTokens))
                    #expect(answer.tokens.count > own.count)
                    #expect(answer.status == nil)
                }
            }
        }
    }

    @Test func theDraftProposesWhatTheTargetMayChoose() async throws {
        try await withCluster(try await Cluster(agreement: 1, passSeconds: 0.002, endShare: 0.03)) { cluster, client in
            for (minTokens, ignoresEnd) in [(Self.most, false), (0, true)] {
                var request = try self.shortPrompt(cluster, .greedy)
                request.lookahead = "sync:fixed:4"
                (request.minTokens, request.ignoresEnd) = (minTokens, ignoresEnd)
                try await eventually {
                    let statistics = try #require(try await client.generate(request).statistics)
                    #expect(statistics.acceptedTokens == statistics.judgedTokens)
                    return statistics.acceptedTokens > Self.most / 2
                }
            }
        }
    }

    @Test func aResumedTextCountsWhatIsCommitted() async throws {
        try await withCluster(try await Cluster(endShare: 0.03)) { cluster, client in
            var request = try self.shortPrompt(cluster, .greedy)
            request.minTokens = Self.most / 2
            let whole = try cluster.reference(request)
            request.committed = Array(whole.prefix(Self.most / 4))
            #expect(try await client.generate(request).tokens == Array(whole.dropFirst(Self.most / 4)))
        }
    }

    @Test func stopStringsWaitForTheLeastTokens() async throws {
        try await withCluster(try await Cluster()) { cluster, client in
            var request = Request(prompt: "the quick brown", maxTokens: 40)
            let text = try await client.generate(request).text
            let stop = String(try #require(text.dropFirst(2).first))
            request.stop = [stop]
            #expect(try await client.generate(request).tokens.count <= 3)
            request.minTokens = 3
            let later = try await client.generate(request)
            #expect(later.tokens.count > 3)
            #expect(text.hasPrefix(later.text))
            request.minTokens = 40
            #expect(try await client.generate(request).text == text)
        }
    }
}
