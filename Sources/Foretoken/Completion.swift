/// A whole text.
public struct Completion: Equatable, Sendable {
    public var text: String
    /// Of the target's vocabulary.
    public var tokens: [UInt32]
    public var finishReason: Generation.FinishReason
    public var statistics: GenerationStatistics
    /// One for each of `tokens`, when asked for with `GenerationOptions.logProbabilities`.
    public var logProbabilities: [LogProbability]?

    public init(
        text: String, tokens: [UInt32], finishReason: Generation.FinishReason, statistics: GenerationStatistics,
        logProbabilities: [LogProbability]? = nil
    ) {
        self.text = text
        self.tokens = tokens
        self.finishReason = finishReason
        self.statistics = statistics
        self.logProbabilities = logProbabilities
    }
}
