/// How sure a model is of a token it chose.
public struct Confidence: Equatable, Sendable {
    /// Probability of the token in the distribution it was chosen from.
    public var probability: Float
    /// Entropy of that distribution, in nats.
    public var entropy: Float
    /// The probability of its most probable token minus that of the second.
    public var margin: Float
    /// The probabilities of the most probable tokens, in their order; 0 where they are not known.
    public var top: SIMD8<Float>

    public init(
        probability: Float, entropy: Float = 0, margin: Float = 0, top: SIMD8<Float> = SIMD8(repeating: 0)
    ) {
        self.probability = probability
        self.entropy = entropy
        self.margin = margin
        self.top = top
    }
}
