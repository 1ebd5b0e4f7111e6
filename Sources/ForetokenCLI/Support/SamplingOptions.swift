import ArgumentParser
import CommandSupport
import Foretoken
import Speculation

/// How tokens are chosen, and how many.
struct SamplingOptions: ParsableArguments {
    @Option(help: .init("New tokens at most; 0: as many as the context holds.", valueName: "n"))
    var maxTokens = 128

    @Option(help: .init("0 takes the most probable token; above 0 samples.", valueName: "t"))
    var temperature: Float = 0

    @Option(help: .init("Sample from the n most probable tokens only; 0: all.", valueName: "n"))
    var topK = 0

    @Option(help: .init("Sample from the most probable tokens that sum to this probability.", valueName: "p"))
    var topP: Float = 1

    @Option(help: .init("Sample from tokens at least this probable, as a share of the best.", valueName: "p"))
    var minP: Float = 0

    @Option(
        parsing: .unconditional, help: .init("The same seed gives the same text.", valueName: "n"),
        transform: NumberOption.seed)
    var seed: UInt64 = 0

    @Option(help: .init("End the text before this string; repeatable.", valueName: "text"))
    var stop: [String] = []

    @Option(
        help: .init(
            """
            How far the draft runs ahead: off, fixed:N, heuristic, confidence:P or confidence:P,CAP, marginal, \
            confidence-adaptive, cumulative:H, entropy:L, classifier or classifier:P,CAP, bandit or goodput. It changes \
            the speed, never the text. \
            (default: marginal, and off where the coordinator finds that no draft pays)
            """, valueName: "rule"),
        transform: { try LookaheadRule(argument: $0) })
    var lookahead: LookaheadRule?

    func validate() throws {
        let sampling = Sampling(
            temperature: self.temperature, topK: self.topK, topP: self.topP, minP: self.minP, seed: self.seed)
        if let fault = sampling.fault { throw ValidationError(fault) }
        if self.maxTokens < 0 { throw ValidationError("--max-tokens \(self.maxTokens) is negative") }
        if self.stop.contains("") { throw ValidationError("--stop is empty") }
    }

    var options: GenerationOptions {
        GenerationOptions(
            maxTokens: self.maxTokens, temperature: self.temperature, topK: self.topK, topP: self.topP,
            minP: self.minP, seed: self.seed, stop: self.stop, lookahead: self.lookahead?.description ?? "")
    }
}
