/// A draft token, and what the draft knew when it chose it.
public struct DraftedToken: Equatable, Sendable {
    public var token: Token
    /// The draft's own probability of the token, in the distribution it was chosen from.
    public var probability: Float
    /// Of that distribution, in nats.
    public var entropy: Float
    /// The probability of its most probable token minus that of the second.
    public var margin: Float
    /// The score of the token minus that of the runner-up, noise included: how far the target's scores must differ from
    /// the draft's to choose another. Not a number where it is not known.
    public var gap: Float
    /// What would have been chosen next; `nil` where it is not known.
    public var runnerUp: Token?
    /// The probabilities of the most probable tokens, in their order; 0 where they were not asked for.
    public var top = SIMD8<Float>(repeating: 0)

    public init(token: Token, probability: Float, entropy: Float = 0, margin: Float = 0, gap: Float = .nan) {
        self.token = token
        self.probability = probability
        self.entropy = entropy
        self.margin = margin
        self.gap = gap
    }

    /// A token with the confidence that its choice tells, where it was asked for.
    public init(_ choice: Choice) {
        self.init(
            token: choice.token, probability: choice.probability, entropy: choice.entropy, margin: choice.margin,
            gap: choice.runnerUp == choice.token ? .nan : choice.score - choice.runnerUpScore)
        self.runnerUp = choice.runnerUp == choice.token ? nil : choice.runnerUp
        self.top = choice.top
    }

    // Equal where the gap is known to neither.
    public static func == (left: Self, right: Self) -> Bool {
        left.token == right.token && left.probability == right.probability && left.entropy == right.entropy
            && left.margin == right.margin && left.runnerUp == right.runnerUp && left.top == right.top
            && (left.gap == right.gap || left.gap.isNaN && right.gap.isNaN)
    }
}
