import CommandSupport
import Foretoken
import LinkEmulator
import Measurement
import Speculation

/// Generates each prompt in every way, one text at a time, all ways interleaved.
///
/// For each repetition, each prompt, and each delay, all rules take their turn in an order that rotates, so that none
/// has a better place and slow changes of the machine meet all alike. Before the rules of a delay, one text that is not
/// measured lets the draft learn the new round trip.
struct LiveBench: Sendable {
    let prompts: [CheckPrompt]
    /// With `off` among them.
    let rules: [LookaheadRule]
    /// One way, in milliseconds.
    let delays: [Double]
    /// Lookaheads of the arms without a link.
    let lookaheads: [Int]
    let repetitions: Int
    let options: GenerationOptions
    let client: ForetokenClient
    let link: LinkEmulator
    let colocated: Colocated?

    var count: Int {
        self.repetitions * self.prompts.count * (self.delays.count * self.rules.count + self.lookaheads.count)
    }

    /// - Parameter record: called after each text.
    func run(record: @Sendable (LiveSample) -> Void) async throws {
        var references: [[UInt32]] = []
        for prompt in self.prompts { references.append(try await self.generate(prompt, .off).tokens) }
        for repetition in 0..<self.repetitions {
            for (index, prompt) in self.prompts.enumerated() {
                func finish(_ text: Text, _ arm: String, delay: Double?) {
                    var sample = text.sample
                    (sample.arm, sample.delayMs) = (arm, delay)
                    (sample.repetition, sample.prompt) = (repetition, index)
                    sample.isDifferent = text.tokens != references[index]
                    record(sample)
                }

                for lookahead in self.lookaheads.rotated(by: index + repetition) {
                    let text = try await self.generateColocated(prompt, lookahead)
                    finish(text, "colocated:" + (lookahead > 0 ? "fixed:\(lookahead)" : "off"), delay: nil)
                }
                for delay in self.delays {
                    await self.link.set(delay: delay / 1000)
                    try await self.warmUp(prompt)
                    for rule in self.rules.rotated(by: index + repetition) {
                        finish(try await self.generate(prompt, rule), rule.description, delay: delay)
                    }
                }
            }
        }
    }

    private struct Text {
        var tokens: [UInt32]
        var sample: LiveSample
    }

    /// Generates until the draft has had a part in a text, and so has measured the round trip; a fast target may end a
    /// short text before the first block is there.
    private func warmUp(_ prompt: CheckPrompt) async throws {
        for _ in 0..<3 where try await self.generate(prompt, .fixed(2)).sample.rounds == 0 {}
    }

    private func generate(_ prompt: CheckPrompt, _ rule: LookaheadRule) async throws -> Text {
        var options = self.options
        options.lookahead = rule.description
        do {
            let text = try await TimedText(.text(prompt.text), options: options, by: self.client)
            return Text(tokens: text.tokens, sample: LiveSample(text))
        } catch {
            guard error.code != .cancelled else { throw error }
            throw CommandError(ExitStatus(error.code), "\(prompt.place), rule \(rule): \(error)")
        }
    }

    private func generateColocated(_ prompt: CheckPrompt, _ lookahead: Int) async throws -> Text {
        try Task.checkCancellation()
        let sampling = Sampling(temperature: self.options.temperature, seed: self.options.seed)
        let text = try await self.colocated!.generate(
            prompt.text, lookahead: lookahead, maxTokens: self.options.maxTokens, sampling)
        return Text(tokens: text.tokens, sample: LiveSample(text))
    }
}

extension LiveSample {
    fileprivate init(_ text: TimedText) {
        let statistics = text.statistics
        self.init(
            arm: "", delayMs: nil, repetition: 0, prompt: 0, generatedTokens: statistics.generatedTokens,
            decodedTokens: text.decodedTokens, decodingSeconds: text.decodingSeconds,
            firstTokenSeconds: statistics.timeToFirstToken, targetPasses: statistics.targetPasses,
            rounds: statistics.rounds, draftTokens: statistics.draftTokens, acceptedTokens: statistics.acceptedTokens,
            staleBlocks: statistics.staleBlocks, missedBlocks: statistics.missedBlocks,
            passSeconds: statistics.passSeconds, draftingSeconds: statistics.draftingSeconds,
            waitedSeconds: statistics.waitedSeconds, roundTripSeconds: statistics.roundTripSeconds)
    }

    fileprivate init(_ text: Colocated.Text) {
        let counters = text.statistics
        self.init(
            arm: "", delayMs: nil, repetition: 0, prompt: 0, generatedTokens: text.tokens.count,
            decodedTokens: text.tokens.count - text.firstTokens, decodingSeconds: text.decodingSeconds,
            firstTokenSeconds: text.firstTokenSeconds, targetPasses: counters.targetPasses, rounds: counters.rounds,
            draftTokens: counters.draftTokens, acceptedTokens: counters.acceptedTokens,
            passSeconds: Double(counters.passMicroseconds) * 1e-6,
            draftingSeconds: Double(counters.draftingMicroseconds) * 1e-6)
    }
}
