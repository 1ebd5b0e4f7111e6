import CommandSupport
import Measurement
import Speculation

/// The texts that clients ask for, with what the target writes alone.
enum ChaosTexts {
    private static let prompts = [
        "import unittest", "def fibonacci(n):", "The kernel reads the file", "import Foundation\n\nstruct",
        "Once upon a time",
        "class Stack:", "# Sorting\n\nA list is sorted", "func add(_ a: Int, _ b: Int) -> Int {",
        "The user starts the program",
        "for i in range(10):", "let numbers = [1, 2, 3]", "A file system is", "// größer als naïve — café",
        "日本語 = \"", "let emoji = \"🙂",
    ]

    /// Texts of various lengths, half of them greedy, and half sampled; a quarter gets a stop string.
    static func deck(count: Int, maxTokens: Int, seed: UInt64) -> [ChaosText] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { index in
            // From a quarter of the length to all of it.
            let length = max(1, maxTokens - Int(random.nextUnit() * 0.75 * Double(maxTokens)))
            return ChaosText(
                prompt: self.prompts[index % self.prompts.count], maxTokens: length,
                temperature: index.isMultiple(of: 2) ? 0 : 0.8, seed: random.next() >> 32)
        }
    }

    /// Lets the target write each text alone, in this process, without services, draft and network.
    static func write(
        _ deck: [ChaosText], target: ModelChoice, draft: ModelChoice, progress: () -> Void
    ) async throws -> [ChaosText] {
        let models = try Colocated(target: target, draft: draft)
        var texts = deck
        for index in deck.indices {
            try Task.checkCancellation()
            let text = deck[index]
            func write(stop: [String]) async throws -> Colocated.Text {
                try await models.generate(
                    text.prompt, lookahead: 0, maxTokens: text.maxTokens,
                    Sampling(temperature: text.temperature, seed: text.seed), stop: stop)
            }

            var alone = try await write(stop: [])
            if index % 4 == 3, alone.text.count > 10 {
                // A few characters out of the middle of the text, so that it ends there.
                texts[index].stop = [String(alone.text.dropFirst(alone.text.count * 3 / 5).prefix(3))]
                alone = try await write(stop: texts[index].stop)
            }
            (texts[index].tokens, texts[index].text) = (alone.tokens, alone.text)
            progress()
        }
        return texts
    }
}
