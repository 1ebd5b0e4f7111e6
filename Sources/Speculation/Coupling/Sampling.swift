/// How a token is chosen from a row of logits.
public struct Sampling: Equatable, Sendable {
    /// 0 chooses the most probable token; above 0 the distribution is sampled.
    public var temperature: Float
    /// Only the `topK` most probable tokens; 0: all.
    public var topK: Int
    /// Only the most probable tokens whose probabilities sum to `topP`; 1: all.
    public var topP: Float
    /// Only tokens at least `minP` times as probable as the most probable one; 0: all.
    public var minP: Float
    /// Where all noise of a sequence comes from.
    public var seed: UInt64

    public init(temperature: Float = 0, topK: Int = 0, topP: Float = 1, minP: Float = 0, seed: UInt64 = 0) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.seed = seed
    }

    public static let greedy = Sampling()

    /// What logits are multiplied by; bounded, so that the products stay finite.
    var inverseTemperature: Float { min(1 / self.temperature, 1e30) }

    /// How the draws of draft and target are joined.
    public var coupling: Coupling { self.temperature > 0 ? .gumbel : .greedy }

    /// What is wrong with the values, in words for the user; `nil` when nothing is.
    public var fault: String? {
        if !(self.temperature.isFinite && self.temperature >= 0 && self.temperature <= 100) {
            return "temperature \(self.temperature) is outside 0...100"
        }
        if self.topK < 0 { return "top-k \(self.topK) is negative" }
        if !(self.topP > 0 && self.topP <= 1) { return "top-p \(self.topP) is outside 0 (excluded) to 1" }
        if !(self.minP >= 0 && self.minP <= 1) { return "min-p \(self.minP) is outside 0...1" }
        return nil
    }
}

/// How the draws of draft and target are joined.
public enum Coupling: String, Sendable {
    /// Both take the most probable token.
    case greedy
    /// Both take the largest log-probability plus the same Gumbel noise (Daliri, Musco, Suresh, arXiv 2408.07978).
    case gumbel
}
