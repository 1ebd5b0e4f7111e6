/// Where the choice of a token stood: best and second best score (logit over temperature, plus the noise of the
/// gumbel coupling).
public struct Scores: Equatable, Sendable {
    public var chosen: Float
    public var runnerUp: Token
    public var runnerUpScore: Float

    public init(chosen: Float, runnerUp: Token, runnerUpScore: Float) {
        self.chosen = chosen
        self.runnerUp = runnerUp
        self.runnerUpScore = runnerUpScore
    }
}

/// One committed token.
public struct Piece: Equatable, Sendable {
    public var token: Token
    /// The text that this token completes; empty while a character or a stop string is still open.
    public var text: String
    public var origin: Origin
    public var scores: Scores?
    /// Where it was asked for.
    public var likelihood: Likelihood?

    public init(token: Token, text: String, origin: Origin, scores: Scores? = nil, likelihood: Likelihood? = nil) {
        self.token = token
        self.text = text
        self.origin = origin
        self.scores = scores
        self.likelihood = likelihood
    }
}
