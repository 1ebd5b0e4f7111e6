import ForetokenWire
import Speculation
import TestSupport
import Testing

/// The bundled pair through the real services: with exact passes all rules, alone and side by side, write the same
/// tokens to the last bit.
@Suite(.oneAtATime) struct RealModelTests {
    static let prompts = ["import Foundation\n\n/// A", "def main():\n    ", "The kernel is configured with"]

    @Test func everyRuleWritesTheTargetsText() async throws {
        try await withCluster(try await Cluster(context: 256, usesBundledModels: true)) { _, client in
            for (number, prompt) in Self.prompts.enumerated() {
                let sampling = number == 0 ? Sampling.greedy : Sampling(temperature: 0.8, seed: UInt64(number))
                func request(_ rule: String) -> Request {
                    Request(prompt: prompt, sampling: sampling, maxTokens: 48, lookahead: rule)
                }
                let alone = try await client.generate(request("off"))
                #expect(alone.tokens.count == 48 && alone.status == nil)
                var calls: [UInt64] = []
                for rule in LosslessServicesTests.rules { calls.append(await client.begin(request(rule))) }
                for call in calls {
                    try await client.wait(within: 60) { $0.answer(call).isOver }
                    let answer = await client.answer(call)
                    #expect(answer.tokens == alone.tokens)
                    #expect(answer.text == alone.text)
                }
                let ahead = try await client.generate(request("fixed:4"))
                #expect(ahead.tokens == alone.tokens)
                #expect(ahead.statistics!.acceptedTokens > 0)
            }
        }
    }
}
