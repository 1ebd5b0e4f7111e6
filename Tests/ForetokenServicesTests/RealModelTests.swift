import Foretoken
import ForetokenWire
import Foundation
import Speculation
import TestSupport
import Testing

/// The bundled pair through the real services: with exact passes all rules, alone and side by side, write the same
/// tokens to the last bit.
@Suite(.oneAtATime) struct RealModelTests {
    static let prompts = ["import Foundation\n\n/// A", "def main():\n    ", "The kernel is configured with"]

    /// Log-probabilities come from the row that a token was chosen on, whoever proposed the token.
    @Test(arguments: [Sampling.greedy, Sampling(temperature: 0.8, topK: 40, seed: 5)])
    func logProbabilitiesAreTheSameWithAndWithoutADraft(_ sampling: Sampling) async throws {
        try await withClient(of: try await Cluster(context: 256, usesBundledModels: true)) { _, client in
            for prompt in [Prompt.text(Self.prompts[0]), .chat([.system("Be brief."), .user("What is a kernel?")])] {
                func complete(_ rule: String) async throws -> Completion {
                    try await client.complete(
                        prompt,
                        options: GenerationOptions(
                            maxTokens: 48, temperature: sampling.temperature, topK: sampling.topK, seed: sampling.seed,
                            lookahead: rule, logProbabilities: 5))
                }
                let alone = try await complete("off")
                var ahead = alone
                // On a busy machine a target may be done before the draft's first block is there.
                try await eventually {
                    ahead = try await complete("sync:fixed:4")
                    #expect(ahead.tokens == alone.tokens)
                    return ahead.statistics.acceptedTokens > 0
                }
                let (one, other) = (try #require(alone.logProbabilities), try #require(ahead.logProbabilities))
                #expect(one.count == alone.tokens.count && other.count == one.count)
                for ((one, other), token) in zip(zip(one, other), alone.tokens) {
                    #expect(abs(one.logProbability - other.logProbability) < 1e-3)
                    #expect(one.bytes == other.bytes && one.top.count == 5 && other.top.count == 5)
                    for (left, right) in zip(one.top, other.top) {
                        #expect(abs(left.logProbability - right.logProbability) < 1e-3)
                    }
                    #expect(one.top == one.top.sorted { $0.logProbability > $1.logProbability })
                    if sampling.temperature == 0 { #expect(one.top[0].token == token) }
                    let chosen = one.top.first { $0.token == token }
                    #expect(chosen == nil || chosen?.logProbability == one.logProbability)
                    #expect(one.top.reduce(0) { $0 + exp(Double($1.logProbability)) } < 1 + 1e-5)
                }
            }
        }
    }

    @Test func everyRuleWritesTheTargetsText() async throws {
        try await withCluster(try await Cluster(context: 256, usesBundledModels: true)) { _, client in
            for (number, prompt) in Self.prompts.enumerated() {
                let sampling = number == 0 ? Sampling.greedy : Sampling(temperature: 0.8, seed: UInt64(number))
                func request(_ rule: LookaheadRule) -> Request {
                    Request(prompt: .text(prompt), sampling: sampling, maxTokens: 48, lookahead: rule)
                }
                let alone = try await client.generate(request("off"))
                #expect(alone.tokens.count == 48 && alone.status == nil)
                var calls: [UInt64] = []
                for rule in LosslessServicesTests.rules { calls.append(await client.begin(request(rule))) }
                for call in calls {
                    try await client.wait { $0.answer(call).isOver }
                    let answer = await client.answer(call)
                    #expect(answer.tokens == alone.tokens)
                    #expect(answer.text == alone.text)
                }
                try await eventually {
                    let ahead = try await client.generate(request("sync:fixed:4"))
                    #expect(ahead.tokens == alone.tokens)
                    return ahead.statistics!.acceptedTokens > 0
                }
            }
        }
    }
}
