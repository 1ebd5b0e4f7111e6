/// How sure a model is of a token it chose.
struct Confidence: Equatable, Sendable {
    /// Of the token, in the distribution it was chosen from.
    var probability: Float
    /// Of that distribution, in nats.
    var entropy: Float
    /// The probability of its most probable token minus that of the second.
    var margin: Float
    /// The probabilities of the most probable tokens, in their order.
    var top = SIMD8<Float>(repeating: 0)
}

extension Choice {
    var confidence: Confidence {
        get {
            Confidence(probability: self.probability, entropy: self.entropy, margin: self.margin, top: self.top)
        }
        set {
            self.probability = newValue.probability
            self.entropy = newValue.entropy
            self.margin = newValue.margin
            self.top = newValue.top
        }
    }
}
