/// Two tokens more after full acceptance, one fewer otherwise: the first schedule of Hugging Face Transformers'
/// assisted generation. Begins at 5; at least 1.
public struct HeuristicLookahead: Lookahead {
    public private(set) var count = 5

    public init() {}

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        drafted.count < min(self.count, LookaheadRule.mostTokens)
    }

    public mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) {
        // A block cut short by the end of the text says nothing about the count.
        if accepted < drafted.count {
            self.count = max(1, self.count - 1)
        } else if drafted.count >= min(self.count, LookaheadRule.mostTokens) {
            self.count = min(self.count + 2, LookaheadRule.mostTokens)
        }
    }
}
