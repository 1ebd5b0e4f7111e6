import ForetokenLinks
import ForetokenWire
import Speculation
import TestSupport
import Testing

@testable import Foretoken

/// The client at work on services in this process.
@Suite(.oneAtATime) struct ClientTests {
    @Test(arguments: ["off", "fixed:4", ""])
    func completesTheTargetsOwnText(_ rule: String) async throws {
        try await withClient(of: try await Cluster()) { cluster, client in
            let reference = try cluster.reference(Request(prompt: "prompt", maxTokens: 60))
            let completion = try await client.complete(
                "prompt", options: GenerationOptions(maxTokens: 60, lookahead: rule))
            #expect(completion.tokens == reference)
            #expect(completion.statistics.generatedTokens == reference.count)
            #expect(completion.statistics.seconds > 0)
            #expect(completion.statistics.targetPasses > 0)
        }
    }

    @Test func losesAndRepeatsNoTokenOverABadLink() async throws {
        try await withClient(of: try await Cluster()) { cluster, client in
            let reference = try cluster.reference(Request(prompt: "prompt", maxTokens: 120))
            cluster.network.setFaults(Faults(delay: 0...0.004), at: "coordinator")
            let generation = try await client.generate(
                "prompt", options: GenerationOptions(maxTokens: 120, lookahead: "off"))
            var tokens: [UInt32] = []
            for try await piece in generation {
                tokens.append(piece.token)
                if tokens.count == 10 {
                    cluster.network.disconnect("coordinator")
                    cluster.network.reconnect("coordinator")
                }
            }
            #expect(tokens == reference)
        }
    }

    @Test func leavingTheLoopFreesTheSlot() async throws {
        try await withClient(of: try await Cluster(context: 1 << 16)) { _, client in
            let generation = try await client.generate("prompt", options: GenerationOptions(maxTokens: 0))
            for try await _ in generation { break }
            try await client.waitUntilFree()
            #expect(generation.finishReason == nil)
        }
    }

    @Test func forgettingAGenerationFreesTheSlot() async throws {
        try await withClient(of: try await Cluster(context: 1 << 16)) { _, client in
            _ = try await client.generate("prompt", options: GenerationOptions(maxTokens: 0))
            try await client.waitUntilFree()
        }
    }

    @Test func cancellingTheTaskFreesTheSlot() async throws {
        try await withClient(of: try await Cluster(context: 1 << 16)) { _, client in
            let task = Task { try await client.complete("prompt", options: GenerationOptions(maxTokens: 0)) }
            while try await client.describe().load.sequences == 0 {}
            task.cancel()
            await #expect(throws: ForetokenError.cancelled) { try await task.value }
            try await client.waitUntilFree()
        }
    }

    @Test func cannotBeIteratedTwice() async throws {
        try await withClient(of: try await Cluster()) { _, client in
            let generation = try await client.generate("prompt", options: GenerationOptions(maxTokens: 4))
            for try await _ in generation {}
            await #expect(throws: ForetokenError.self) { for try await _ in generation {} }
        }
    }

    @Test func namesWhatIsWrongWithARequest() async throws {
        try await withClient(of: try await Cluster()) { _, client in
            func code(_ prompt: String, _ options: GenerationOptions) async -> ForetokenError.Code? {
                do {
                    _ = try await client.complete(prompt, options: options)
                    return nil
                } catch {
                    return error.code
                }
            }
            #expect(await code("", GenerationOptions()) == .invalidArgument)
            #expect(await code("a", GenerationOptions(maxTokens: -1)) == .invalidArgument)
            #expect(await code("a", GenerationOptions(topP: 0)) == .invalidArgument)
            #expect(await code("a", GenerationOptions(stop: [""])) == .invalidArgument)
            #expect(await code("a", GenerationOptions(lookahead: "never")) == .invalidArgument)
            let long = String(repeating: "a", count: 9 << 20)
            #expect(await code(long, GenerationOptions()) == .invalidArgument)
            #expect(await code(String(repeating: "a", count: 5000), GenerationOptions()) == .invalidArgument)
        }
    }

    @Test func tellsThatNobodyAnswers() async throws {
        let client = ForetokenClient(address: "nowhere", network: InProcessNetwork())
        let error = await #expect(throws: ForetokenError.self) {
            try await client.connect(timeout: .milliseconds(50))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.description.contains("nobody answers at nowhere") == true)
        await client.close()
    }

    @Test func deadlinesEndCalls() async throws {
        try await withClient(of: try await Cluster(context: 1 << 20)) { _, client in
            await #expect(throws: ForetokenError(.deadlineExceeded, "the deadline has passed")) {
                try await client.complete(
                    "prompt", options: GenerationOptions(maxTokens: 0), timeout: .milliseconds(100))
            }
            try await client.waitUntilFree()
        }
    }
}
