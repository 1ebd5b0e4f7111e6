/// A whole text.
public struct Completion: Equatable, Sendable {
    /// Without the stop string that has ended it.
    public var text: String
    /// Token ids of the target's vocabulary, including the one that ended the text.
    public var tokens: [UInt32]
    /// Why the text ended.
    public var finishReason: Generation.FinishReason
    /// What the text has cost.
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
