import ForetokenLinks
import ForetokenWire
import Roles
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

/// What was computed for one sequence is not computed again for the next, and changes nothing of its text.
@Suite(.oneAtATime) struct PrefixReuseTests {
    static let prompt = String(repeating: "once upon a time, ", count: 8)

    @Test(arguments: [Sampling.greedy, Sampling(temperature: 0.9, seed: 4)])
    func aPromptThatASlotStillHoldsIsNotFedAgain(_ sampling: Sampling) async throws {
        try await withCluster(try await Cluster(passSeconds: 0.001)) { cluster, client in
            var request = Request(prompt: .text(Self.prompt), sampling: sampling, maxTokens: 60, lookahead: "fixed:4")
            let first = try await client.generate(request)
            #expect(first.statistics?.reusedTokens == 0)
            for suffix in ["", " and", " in a land"] {
                request.prompt = .text(Self.prompt + suffix)
                let next = try await client.generate(request)
                let reference = try cluster.reference(request)
                #expect(next.tokens == reference && next.status == nil)
                // All but what a row must be left for.
                let shared = Self.prompt.utf8.count - (suffix.isEmpty ? 1 : 0)
                #expect(next.statistics!.reusedTokens >= shared)
            }
            request.prompt = "something else"
            #expect(try await client.generate(request).statistics?.reusedTokens == 0)
        }
    }

    @Test func aPromptThatALiveSequenceHoldsIsCopied() async throws {
        try await withCluster(try await Cluster(slots: 3, passSeconds: Cluster.hold)) { cluster, client in
            let long = Request(prompt: .text(Self.prompt + "A"), maxTokens: 300, lookahead: "marginal")
            let call = await client.begin(long)
            try await client.wait { $0.answer(call).tokens.count > 4 }
            let other = Request(prompt: .text(Self.prompt + "B"), maxTokens: 12, lookahead: "marginal")
            let answer = try await client.generate(other)
            let reference = try cluster.reference(other)
            #expect(answer.tokens == reference)
            #expect(answer.statistics?.reusedTokens == Self.prompt.utf8.count)
            #expect(await !client.answer(call).isOver)
            await cluster.takePasses(of: 0)
            try await client.wait { $0.answer(call).isOver }
            let undisturbed = try cluster.reference(long)
            #expect(await client.answer(call).tokens == undisturbed)
        }
    }

    @Test func manyOfOneBeginningWriteWhatEachWouldAlone() async throws {
        try await withCluster(try await Cluster(slots: 4, passSeconds: 0.0005)) { cluster, client in
            var calls: [(UInt64, Request)] = []
            for number in 0..<32 {
                let beginning = String(Self.prompt.prefix(20 + 16 * (number % 7)))
                let request = Request(
                    prompt: "\(beginning)\(number % 5)", sampling: Sampling(temperature: 0.7, seed: UInt64(number % 3)),
                    maxTokens: 30, lookahead: ["off", "fixed:3", "marginal"][number % 3])
                calls.append((await client.begin(request), request))
                if number % 6 == 5 { await client.cancel(calls[number - 2].0) }
            }
            var reused = 0
            for (index, (call, request)) in calls.enumerated() {
                try await client.wait { $0.answer(call).isOver }
                let answer = await client.answer(call)
                let reference = try cluster.reference(request)
                if answer.status == nil {
                    #expect(answer.tokens == reference, "call \(index)")
                } else {
                    #expect(answer.tokens[...] == reference.prefix(answer.tokens.count), "call \(index)")
                }
                reused += answer.statistics?.reusedTokens ?? 0
            }
            #expect(reused > 200)
            try await eventually { await cluster.target!.load.sequences == 0 }
        }
    }
}
