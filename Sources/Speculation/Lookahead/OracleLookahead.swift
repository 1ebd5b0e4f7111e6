/// Drafts exactly as many tokens as will be accepted: what no rule can surpass. For replay only, where the runs are
/// known.
public struct OracleLookahead: Lookahead {
    /// For each position of the target's own text, how many tokens drafted from there on it would accept.
    public var runs: [Int]
    /// Where the next block begins; whoever replays keeps it up to date.
    public var position: Int

    public init(runs: [Int] = [], position: Int = 0) {
        self.runs = runs
        self.position = position
    }

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        let run = self.runs.indices.contains(self.position) ? self.runs[self.position] : 0
        return drafted.count < min(run, LookaheadRule.mostTokens)
    }
}
