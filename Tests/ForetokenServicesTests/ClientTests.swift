import ForetokenEngine
import ForetokenLinks
import ForetokenWire
import InProcess
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

    /// Wherever an earlier call was cut, another one brings the rest.
    @Test func aTextGoesOnBehindTokensThatAreThere() async throws {
        try await withClient(of: try await Cluster()) { _, client in
            var options = GenerationOptions(maxTokens: 30, temperature: 0.8, seed: 2)
            let generation = try await client.generate("prompt", options: options)
            var pieces: [Generation.Piece] = []
            for try await piece in generation { pieces.append(piece) }
            for count in 0...pieces.count {
                options.committed = pieces[..<count].map(\.token)
                let rest = try await client.complete("prompt", options: options)
                #expect(rest.tokens == pieces[count...].map(\.token))
                #expect(rest.text == pieces[count...].map(\.text).joined())
                #expect(rest.finishReason == generation.finishReason)
                #expect(rest.statistics.generatedTokens == pieces.count - count)
            }
            options.committed = Array(repeating: 1, count: 31)
            await #expect(throws: ForetokenError.self) { try await client.complete("prompt", options: options) }
        }
    }

    private static let chat = [ChatMessage.system("be brief"), .user("a story"), .assistant("no"), .user("why")]

    @Test func answersAChat() async throws {
        try await withClient(of: try await Cluster()) { cluster, client in
            let turns = Self.chat.map { ChatTurn(role: $0.role.rawValue, content: $0.content) }
            let reference = try cluster.reference(Request(prompt: .chat(turns), maxTokens: 40))
            let answer = try await client.complete(.chat(Self.chat), options: GenerationOptions(maxTokens: 40))
            #expect(answer.tokens == reference)
            let transcript = "System: be brief\n\nUser: a story\n\nAssistant: no\n\nUser: why\n\nAssistant:"
            #expect(answer.statistics.promptTokens == transcript.utf8.count)
            #expect(answer.logProbabilities == nil)
        }
    }

    @Test func continuesTokens() async throws {
        try await withClient(of: try await Cluster()) { cluster, client in
            let tokens = try cluster.makeModel().tokenize("prompt")
            let options = GenerationOptions(maxTokens: 40)
            let answer = try await client.complete(.tokens(tokens), options: options)
            #expect(answer.tokens == (try await client.complete("prompt", options: options).tokens))
            #expect(answer.statistics.promptTokens == tokens.count)
        }
    }

    @Test(arguments: [0, 0.9] as [Float])
    func logProbabilitiesAreTheTargetsUnderEveryRule(_ temperature: Float) async throws {
        try await withClient(of: try await Cluster()) { cluster, client in
            var answers: [[LogProbability]] = []
            for rule in ["off", "fixed:4", "marginal", "sync:heuristic"] {
                let options = GenerationOptions(
                    maxTokens: 60, temperature: temperature, topK: 4, seed: 3, lookahead: rule, logProbabilities: 3)
                let answer = try await client.complete("prompt", options: options)
                let likelihoods = try #require(answer.logProbabilities)
                #expect(likelihoods.count == answer.tokens.count)
                #expect(likelihoods.allSatisfy { $0.top.count == 3 })
                if temperature == 0 { #expect(likelihoods.map(\.top[0].token) == answer.tokens) }
                answers.append(likelihoods)
            }
            #expect(answers.allSatisfy { $0 == answers[0] })
            let bare = try await client.complete(
                "prompt", options: GenerationOptions(maxTokens: 4, logProbabilities: 0))
            #expect(bare.logProbabilities?.map(\.top.count) == [0, 0, 0, 0])
        }
    }

    /// What a resumed call asks for is what it asked for at first, whatever the form of its prompt.
    @Test(arguments: [Prompt.text("prompt"), .chat(Self.chat), .tokens([1, 2, 3, 4])])
    func textGoesOnAfterTheCoordinatorIsRestarted(_ prompt: Prompt) async throws {
        try await withClient(of: try await Cluster()) { cluster, client in
            let options = GenerationOptions(maxTokens: 250, temperature: 0.8, seed: 2, logProbabilities: 2)
            let whole = try await client.complete(prompt, options: options)
            await cluster.takePasses(of: Cluster.hold)
            let generation = try await client.generate(prompt, options: options)
            var pieces: [Generation.Piece] = []
            for try await piece in generation {
                pieces.append(piece)
                if pieces.count == 5 {
                    try await cluster.restartCoordinator()
                    await cluster.takePasses(of: 0)
                }
            }
            #expect(pieces.map(\.token) == whole.tokens)
            #expect(pieces.map(\.text).joined() == whole.text)
            #expect(pieces.compactMap(\.logProbability) == whole.logProbabilities)
            #expect(generation.statistics.resumptions == 1)
            #expect(generation.finishReason == whole.finishReason)
        }
    }

    @Test func theScopedFormClosesItsClient() async throws {
        struct Failure: Error {}
        try await withClient(of: try await Cluster(context: 1 << 16, passSeconds: 0.01)) { cluster, other in
            let scoped = cluster.makeClient()
            await #expect(throws: Failure.self) {
                try await withForetokenClient(scoped) { client in
                    let generation = try await client.generate("prompt", options: GenerationOptions(maxTokens: 0))
                    for try await _ in generation { throw Failure() }
                }
            }
            try await other.waitUntilFree()
            await #expect(throws: ForetokenError.self) { try await scoped.connect() }
            let text = try await withForetokenClient(cluster.makeClient()) {
                try await $0.complete("prompt", options: GenerationOptions(maxTokens: 5)).tokens.count
            }
            #expect(text == 5)
        }
    }

    @Test func losesAndRepeatsNoTokenOverABadLink() async throws {
        try await withClient(of: try await Cluster()) { cluster, client in
            let reference = try cluster.reference(Request(prompt: "prompt", maxTokens: 120))
            await cluster.takePasses(of: Cluster.hold)
            cluster.network.setFaults(Faults(delay: 0...0.004), at: "coordinator")
            let generation = try await client.generate(
                "prompt", options: GenerationOptions(maxTokens: 120, lookahead: "off"))
            var tokens: [UInt32] = []
            for try await piece in generation {
                tokens.append(piece.token)
                if tokens.count == 5 {
                    cluster.network.disconnect("coordinator")
                    cluster.network.reconnect("coordinator")
                    await cluster.takePasses(of: 0)
                }
            }
            #expect(tokens == reference)
        }
    }

    @Test func leavingTheLoopFreesTheSlot() async throws {
        try await withClient(of: try await Cluster(context: 1 << 16, passSeconds: 0.01)) { _, client in
            let generation = try await client.generate("prompt", options: GenerationOptions(maxTokens: 0))
            for try await _ in generation { break }
            try await client.waitUntilFree()
            #expect(generation.finishReason == nil)
        }
    }

    @Test func forgettingAGenerationFreesTheSlot() async throws {
        try await withClient(of: try await Cluster(context: 1 << 16, passSeconds: 0.01)) { _, client in
            _ = try await client.generate("prompt", options: GenerationOptions(maxTokens: 0))
            try await client.waitUntilFree()
        }
    }

    @Test func cancellingTheTaskFreesTheSlot() async throws {
        try await withClient(of: try await Cluster(context: 1 << 16, passSeconds: 0.01)) { _, client in
            let task = Task { try await client.complete("prompt", options: GenerationOptions(maxTokens: 0)) }
            try await eventually { try await client.describe().load.sequences > 0 }
            task.cancel()
            await #expect(throws: ForetokenError.cancelled) { try await task.value }
            try await client.waitUntilFree()
        }
    }

    @Test func cancellingTheTaskEndsADescriptionThatNobodyGives() async throws {
        try await withClient(of: try await Cluster()) { cluster, client in
            _ = try await client.describe()
            cluster.network.disconnect("coordinator")
            let task = Task { try await client.describe() }
            try await eventually { await !client.describing.isEmpty }
            task.cancel()
            await #expect(throws: ForetokenError.cancelled) { try await task.value }
            #expect(await client.describing.isEmpty)
            cluster.network.reconnect("coordinator")
            _ = try await client.describe()
            // One that is cancelled from the start asks nothing.
            let late = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await client.describe()
            }
            await #expect(throws: ForetokenError.cancelled) { try await late.value }
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
            func code(_ prompt: Prompt, _ options: GenerationOptions) async -> ForetokenError.Code? {
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
            #expect(await code("a", GenerationOptions(logProbabilities: -1)) == .invalidArgument)
            #expect(await code("a", GenerationOptions(logProbabilities: 21)) == .invalidArgument)
            for (count, expected) in [(5000, ForetokenError.Code.outOfRange), (9 << 20, .invalidArgument)] {
                let long = String(repeating: "a", count: count)
                #expect(await code(.text(long), GenerationOptions()) == expected)
                #expect(await code(.chat([.user(long)]), GenerationOptions()) == expected)
            }
            #expect(await code(.chat([]), GenerationOptions()) == .invalidArgument)
            #expect(await code(.chat([.init(role: "a b", content: "")]), GenerationOptions()) == .invalidArgument)
            #expect(await code(.tokens([]), GenerationOptions()) == .invalidArgument)
            #expect(await code(.tokens([1, .max]), GenerationOptions()) == .invalidArgument)
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
        try await withClient(of: try await Cluster(context: 1 << 20, passSeconds: 0.01)) { _, client in
            await #expect(throws: ForetokenError.deadlineExceeded) {
                try await client.complete(
                    "prompt", options: GenerationOptions(maxTokens: 0), timeout: .milliseconds(100))
            }
            try await client.waitUntilFree()
        }
    }
}
