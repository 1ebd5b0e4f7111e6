import Executors
import ForetokenEngine
import Speculation
import TestSupport
import Testing

/// An exact target writes the same to the last bit in passes of every shape, whatever type its weights have.
@Suite(.oneAtATime) struct ExactTypesTests {
    private static let slots = 3
    private static let texts = [
        "import Foundation\n\nfunc main() {\n    for value in values {\n",
        "def fibonacci(n):\n    if n < 2:\n        return n\n    return fibonacci(n - 1)",
        """
        It was late in the year when the first of the letters came. The house had been empty for a long time, and nobody \
        in the village could say who had lived there before the war, or why the garden was still in such good order.
        """,
    ]

    /// One text on one engine.
    private struct Text {
        let prompt: [Token]
        let sampler: Sampler
        let slot: Int
        let exact: ExactPasses
        /// Tokens that are fixed, and those of them that the slot holds.
        var tokens: [Token]
        var held = 0
        var scores: [Float] = []

        init(_ prompt: [Token], _ sampler: Sampler, slot: Int, exact: ExactPasses) {
            (self.prompt, self.sampler, self.slot, self.exact) = (prompt, sampler, slot, exact)
            self.tokens = prompt
        }

        var answer: ArraySlice<Token> { self.tokens[self.prompt.count...] }

        func entry(candidates: [Token] = []) -> PassEntry {
            let isPrompt = self.held < self.prompt.count
            let end = isPrompt ? min(self.held / 32 * 32 + 32, self.prompt.count) : self.tokens.count
            var pass = TargetSequence.Pass(
                position: self.held, feed: Array(self.tokens[self.held..<end]),
                candidates: isPrompt ? [] : candidates[...],
                chooses: end == self.tokens.count)
            pass.isPrompt = isPrompt
            pass.padding = self.exact.rows(for: pass.ownRows) - pass.ownRows
            return PassEntry(slot: self.slot, pass: pass, sampler: self.sampler)
        }

        mutating func take(_ walk: AcceptanceWalk?, of entry: PassEntry) {
            guard let walk else {
                self.held += entry.pass.feed.count
                return
            }
            self.held = self.tokens.count + walk.accepted
            self.tokens += walk.choices.map(\.token)
            self.scores += walk.choices.map(\.score)
        }
    }

    @Test(arguments: QuantizedModels.types) func everyShapeOfPassWritesTheSame(type: ModelQuantizer.FileType)
        async throws
    {
        try await self.check(try QuantizedModels.wideTarget(as: type), length: 24)
    }

    /// One with a sliding window, and rows that are no multiple of 256.
    @Test(
        .enabled(if: PublicModels.areThere, PublicModels.whatIsMissing),
        arguments: [PublicModels.smolLM2, PublicModels.gemma])
    func everyShapeOfPassOfAModelThatOthersMadeWritesTheSame(path: String) async throws {
        try await self.check(path, length: 10)
    }

    /// - Parameter length: tokens of each text.
    private func check(_ path: String, length: Int) async throws {
        let model = try LlamaModel(path: path, slots: Self.slots, context: 256, threads: 2, exactness: .required)
        let exact = try #require(model.description.rounding?.exact)
        let prompts = try Self.texts.map { try model.tokenize($0) }
        let loop = ThreadLoop(name: "target-model")
        defer { loop.stop() }
        let engine = TargetEngine(model: model, loop: loop)
        let sampler = Sampler(Sampling(temperature: 0.8, seed: 5))
        // Each alone, token by token.
        var alone: [Text] = []
        for prompt in prompts {
            var text = Text(prompt, sampler, slot: 0, exact: exact)
            while text.answer.count < length {
                let entry = text.entry()
                text.take(try await engine.run([entry]).walks[0], of: entry)
            }
            alone.append(text)
        }
        // All beside each other, with blocks of every length that begin right.
        var random = SplitMix64(seed: 3)
        var texts = prompts.indices.map { Text(prompts[$0], sampler, slot: $0, exact: exact) }
        while let shortest = texts.map(\.answer.count).min(), shortest < length {
            var parts = texts.indices.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
            if parts.isEmpty { parts = [0] }
            let entries = parts.map { part in
                let right = alone[part].tokens.dropFirst(texts[part].tokens.count)
                var block = Array(right.prefix(.random(in: 0...9, using: &random)))
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    block.append(.random(in: 10..<8000, using: &random))
                }
                return texts[part].entry(candidates: block)
            }
            let walks = try await engine.run(entries).walks
            for (index, part) in parts.enumerated() { texts[part].take(walks[index], of: entries[index]) }
        }
        for (text, alone) in zip(texts, alone) {
            #expect(text.answer.prefix(length) == alone.answer.prefix(length), "\(path), \(exact)")
            let different = zip(text.scores, alone.scores).prefix(length).filter { $0 != $1 }.count
            #expect(different == 0, "scores, \(path), \(exact)")
        }
    }
}
