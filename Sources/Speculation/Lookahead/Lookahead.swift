/// Decides how many draft tokens a block carries. The draft keeps one for each sequence.
public protocol Lookahead: Sendable {
    /// Begins a block, with what all sequences of the draft share; leaves there what it decides for all of them.
    mutating func begin(in context: inout LookaheadContext)

    /// Begins a block that is sent ahead of the verdict on those before it. The rule is asked for tokens as if
    /// these were accepted.
    mutating func beginAhead(in context: LookaheadContext)

    /// Whether to draft one more token behind those of the block, which may be none yet.
    func wantsMore(after drafted: [DraftedToken]) -> Bool

    /// How many of the drafted tokens the block carries; the others, at its end, are dropped.
    ///
    /// With the couplings `greedy` and `gumbel` dropping never changes the text.
    func sendCount(of drafted: [DraftedToken]) -> Int

    /// Learns what became of a block.
    ///
    /// - Parameters:
    ///   - accepted: tokens of it that the target chose too.
    ///   - drafted: the tokens it carried, at least one.
    ///   - seconds: time of the whole round, from the beginning of its drafting to its verdict.
    mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds)
}

extension Lookahead {
    public mutating func begin(in context: inout LookaheadContext) {}
    public mutating func beginAhead(in context: LookaheadContext) {}
    public func sendCount(of drafted: [DraftedToken]) -> Int { drafted.count }
    public mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) {}
}
