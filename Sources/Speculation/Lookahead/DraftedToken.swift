/// A draft token, and what the draft knew when it chose it.
public struct DraftedToken: Equatable, Sendable {
    public var token: Token
    public var confidence: Confidence
    /// The score of the token minus that of the runner-up, noise included: how far the target's scores must differ from
    /// the draft's to choose another. Not a number where it is not known.
    public var gap: Float
    /// What would have been chosen next; `nil` where it is not known.
    public var runnerUp: Token?
    /// How many tokens before it stood earlier in the text, with this one behind them; negative where another followed,
    /// and 0 where they are new (see `PromptLookup`).
    public var recurrence = 0

    public init(token: Token, probability: Float, entropy: Float = 0, margin: Float = 0, gap: Float = .nan) {
        self.token = token
        self.confidence = Confidence(probability: probability, entropy: entropy, margin: margin)
        self.gap = gap
    }

    /// A token as it was chosen; without a confidence it counts as a guess of none.
    public init(_ choice: Choice) {
        self.token = choice.token
        self.confidence = choice.confidence ?? Confidence(probability: 0)
        self.gap = choice.runnerUp == choice.token ? .nan : choice.score - choice.runnerUpScore
        self.runnerUp = choice.runnerUp == choice.token ? nil : choice.runnerUp
    }

    public var probability: Float { self.confidence.probability }
    public var entropy: Float { self.confidence.entropy }
    public var margin: Float { self.confidence.margin }
    public var top: SIMD8<Float> { self.confidence.top }

    // Equal where the gap is known to neither.
    public static func == (left: Self, right: Self) -> Bool {
        left.token == right.token && left.confidence == right.confidence && left.runnerUp == right.runnerUp
            && left.recurrence == right.recurrence && (left.gap == right.gap || left.gap.isNaN && right.gap.isNaN)
    }
}
