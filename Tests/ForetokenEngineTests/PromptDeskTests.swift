import Executors
import ForetokenModels
import Foundation
import Speculation
import Synchronization
import TestSupport
import Testing

@testable import ForetokenEngine

/// Prompts are prepared beside passes, and beside each other.
@Suite(.oneAtATime) struct PromptDeskTests {
    /// A tokenizer that stands still at long texts until it is let go, and tells what it was given.
    private final class Gate: Tokenizer {
        private struct State {
            var given: [Int] = []
        }

        let longestToken: Int? = 1
        private let tokenizer = SyntheticModel().tokenizer
        private let state = Mutex(State())
        private let gate = DispatchSemaphore(value: 0)

        /// Bytes of each text that was to be tokenized.
        var given: [Int] { self.state.withLock { $0.given } }

        func open() { self.gate.signal() }

        func tokenize(_ text: String) throws(ModelError) -> [Token] {
            self.state.withLock { $0.given.append(text.utf8.count) }
            if text.utf8.count > 20_000 { self.gate.wait() }
            return try self.tokenizer.tokenize(text)
        }
    }

    /// A synthetic model with that tokenizer.
    private final class GatedModel: LanguageModel {
        let tokenizer: any Tokenizer
        private let model = SyntheticModel(context: 50_000)

        init(_ gate: Gate) { self.tokenizer = gate }

        var description: ModelDescription { self.model.description }
        var vocabulary: Vocabulary { self.model.vocabulary }
        var slots: Int { self.model.slots }
        var maxRows: Int { self.model.maxRows }
        var canRollBack: Bool { true }

        func decode(_ rows: [Row]) throws(ModelError) { try self.model.decode(rows) }

        func withLogits<Result>(ofRow index: Int, _ body: (Span<Float>) -> Result) throws(ModelError) -> Result {
            try self.model.withLogits(ofRow: index, body)
        }

        func rollBack(slot: Int, to position: Int) throws(ModelError) {
            try self.model.rollBack(slot: slot, to: position)
        }

        func copy(from source: Int, to slot: Int, count: Int) throws(ModelError) {
            try self.model.copy(from: source, to: slot, count: count)
        }
    }

    // The limit counts the wait for its turn, too: the whole suite, on a busy machine.
    @Test(.timeLimit(.minutes(60)))
    func aLongPromptHoldsUpNeitherPassesNorShortPromptsNorRefusals() async throws {
        let loop = ThreadLoop(name: "target-model")
        defer { loop.stop() }
        let gate = Gate()
        let engine = TargetEngine(model: GatedModel(gate), loop: loop)
        async let long = engine.prepare(.text(String(repeating: "x", count: 30_000)))
        while gate.given.isEmpty { await Task.yield() }

        let sampler = Sampler(Sampling(temperature: 0))
        let pass = TargetSequence.Pass(position: 0, feed: [1, 2], candidates: [])
        #expect(try await engine.run([.init(slot: 0, pass: pass, sampler: sampler)]).walks.count == 1)
        #expect(try await engine.prepare("short").tokens.count == 5)
        await #expect(throws: ModelError.promptTooLong(leastTokens: 60_000)) {
            try await engine.prepare(.text(String(repeating: "x", count: 60_000)))
        }
        #expect(gate.given == [30_000, 5], "what is refused is not tokenized")
        gate.open()
        #expect(try await long.tokens.count == 30_000)
    }

    @Test func aChatThatIsCertainNotToFitIsNotTokenized() async throws {
        let loop = ThreadLoop(name: "target-model")
        defer { loop.stop() }
        let gate = Gate()
        let engine = TargetEngine(model: GatedModel(gate), loop: loop)
        let turn = ChatTurn(role: "user", content: String(repeating: "x", count: 49_990))
        do throws(ModelError) {
            _ = try await engine.prepare(.chat([turn]))
            Issue.record("it was not refused")
        } catch {
            #expect(error == .promptTooLong(leastTokens: Transcript([turn]).text.utf8.count))
        }
        #expect(gate.given.isEmpty)
    }

    @Test func stopStringsOfTheRequestAndOfTheModelEndAText() async throws {
        let loop = ThreadLoop(name: "target-model")
        defer { loop.stop() }
        let engine = TargetEngine(model: SyntheticModel(), loop: loop)
        let prompt = try await engine.prepare(.chat([ChatTurn(role: "user", content: "a")]), stop: ["end"])
        for end in ["end", "\n\nUser:"] {
            var assembler = TextAssembler(stops: prompt.stop)
            let text = assembler.append(Array("abc\(end) more".utf8))
            #expect(text == "abc" && assembler.isStopped)
        }
    }

    /// Whatever the text: what is refused by its bytes would have been too long by its tokens.
    @Test func noTokenStandsForMoreBytesThanTheLongest() throws {
        for path in [BundledModels.draft, BundledModels.target] {
            let model = try LlamaModel(path: try #require(path), context: 64)
            let longest = try #require(model.tokenizer.longestToken)
            #expect((2...128).contains(longest))
            var random = SplitMix64(seed: 11)
            let pieces = model.vocabulary.pieces.filter { !$0.isEmpty }
            for _ in 0..<300 {
                // Runs of one token, of which long ones could be merged, and anything else.
                let piece = pieces.randomElement(using: &random)!
                let count = Int.random(in: 1...40, using: &random)
                var bytes = (0..<count).flatMap { _ in piece }
                if random.chance(0.5) {
                    let scalar = Unicode.Scalar(UInt32.random(in: 1...0xd7ff, using: &random))!
                    bytes += (0..<count).flatMap { _ in Array("\(Character(scalar))".utf8) }
                }
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(try model.tokenize(text).count * longest >= text.utf8.count, "\(bytes)")
            }
            let most = model.vocabulary.pieces.map(\.count).max() ?? 0
            #expect(longest >= most)
        }
    }
}
