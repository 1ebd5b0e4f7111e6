/// A draft token, and what the draft knew when it chose it.
public struct DraftedToken: Equatable, Sendable {
    public var token: Token
    /// The draft's own probability of the token, in the distribution it was chosen from.
    public var probability: Float
    /// Of that distribution, in nats.
    public var entropy: Float
    /// The probability of its most probable token minus that of the second.
    public var margin: Float

    public init(token: Token, probability: Float, entropy: Float = 0, margin: Float = 0) {
        self.token = token
        self.probability = probability
        self.entropy = entropy
        self.margin = margin
    }

    /// A token with the confidence that its choice tells, where it was asked for.
    public init(_ choice: Choice) {
        self.init(
            token: choice.token, probability: choice.probability, entropy: choice.entropy, margin: choice.margin)
    }
}
