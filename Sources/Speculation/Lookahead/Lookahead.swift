/// Decides how many draft tokens a block carries. The draft keeps one for each sequence.
public protocol Lookahead: Sendable {
    /// Whether to draft one more token behind those of the block, which may be none yet.
    func wantsMore(after drafted: [DraftedToken]) -> Bool

    /// Takes what became of a block.
    ///
    /// - Parameters:
    ///   - accepted: tokens of it that the target chose too.
    ///   - drafted: tokens it carried, at least one.
    mutating func learn(accepted: Int, of drafted: Int)
}

/// A draft token, and what the draft knew when it chose it.
public struct DraftedToken: Equatable, Sendable {
    public var token: Token
    /// The draft's own probability of the token, in the distribution it was chosen from.
    public var probability: Float

    public init(token: Token, probability: Float) {
        self.token = token
        self.probability = probability
    }
}
