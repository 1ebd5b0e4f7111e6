/// A token chosen from a row of logits, and how near the choice was.
public struct Choice: Equatable, Sendable {
    public var token: Token
    /// Logit over temperature, plus the noise of the gumbel coupling; the plain logit under greedy.
    public var score: Float
    /// The token that would have been chosen next; the chosen one itself where only one was allowed, or where it was
    /// not asked for.
    public var runnerUp: Token
    public var runnerUpScore: Float
    /// Of the chosen token, in the distribution that was chosen from; 0 where it was not asked for.
    public var probability: Float
    /// Of that distribution, in nats; 0 where it was not asked for.
    public var entropy: Float
    /// The probability of its most probable token minus that of the second; 0 where it was not asked for.
    public var margin: Float
    /// The probabilities of that distribution's most probable tokens, in their order; 0 where they were not asked for.
    public var top = SIMD8<Float>(repeating: 0)
    /// In the model's own distribution, whatever was chosen from; `nil` where it was not asked for.
    public var likelihood: Likelihood?

    public init(
        token: Token, score: Float = 0, runnerUp: Token? = nil, runnerUpScore: Float? = nil, probability: Float = 0,
        entropy: Float = 0, margin: Float = 0
    ) {
        self.token = token
        self.score = score
        self.runnerUp = runnerUp ?? token
        self.runnerUpScore = runnerUpScore ?? score
        self.probability = probability
        self.entropy = entropy
        self.margin = margin
    }
}
