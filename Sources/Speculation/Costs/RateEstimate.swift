/// Recent tokens a second: the ratio of two sums, never the mean of ratios; older rounds fade.
public struct RateEstimate: Equatable, Sendable {
    private var tokens = 0.0
    private var seconds: Seconds = 0
    private let memory: Double

    /// - Parameter memory: weight of a round one round later; about 1 / (1 - memory) rounds count.
    public init(memory: Double = 0.98) {
        self.memory = memory
    }

    /// Tokens a second; `nil` before the first round.
    public var value: Double? {
        self.seconds > 0 ? self.tokens / self.seconds : nil
    }

    public mutating func learn(tokens: Int, seconds: Seconds) {
        guard tokens >= 0, seconds.isFinite, seconds > 0 else { return }
        self.tokens = self.tokens * self.memory + Double(tokens)
        self.seconds = self.seconds * self.memory + seconds
    }
}
