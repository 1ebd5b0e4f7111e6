/// A whole text.
public struct Completion: Equatable, Sendable {
    public var text: String
    /// Of the target's vocabulary.
    public var tokens: [UInt32]
    public var finishReason: Generation.FinishReason
    public var statistics: GenerationStatistics

    public init(
        text: String, tokens: [UInt32], finishReason: Generation.FinishReason, statistics: GenerationStatistics
    ) {
        self.text = text
        self.tokens = tokens
        self.finishReason = finishReason
        self.statistics = statistics
    }
}
