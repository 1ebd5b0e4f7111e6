/// A token chosen from a row of logits, and how near the choice was.
public struct Choice: Equatable, Sendable {
    public var token: Token
    /// Logit over temperature, plus the noise of the gumbel coupling; the plain logit under greedy.
    public var score: Float
    /// The token that would have been chosen next; the chosen one itself where only one was allowed, or where it was
    /// not asked for.
    public var runnerUp: Token
    public var runnerUpScore: Float
    /// How sure the model is of the token; `nil` where it was not asked for.
    public var confidence: Confidence?
    /// In the model's own distribution, whatever was chosen from; `nil` where it was not asked for.
    public var likelihood: Likelihood?

    public init(
        token: Token, score: Float = 0, runnerUp: Token? = nil, runnerUpScore: Float? = nil,
        confidence: Confidence? = nil
    ) {
        self.token = token
        self.score = score
        self.runnerUp = runnerUp ?? token
        self.runnerUpScore = runnerUpScore ?? score
        self.confidence = confidence
    }
}
