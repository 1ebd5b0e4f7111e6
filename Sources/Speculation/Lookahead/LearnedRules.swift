/// What lookahead rules learned from the sequences of one target: the next sequence goes on from there.
public struct LearnedRules: Sendable {
    /// The one kept last at the end.
    private var learned: [(rule: LookaheadRule, lookahead: any Lookahead)] = []

    /// Rules kept at most: whoever asks for ever other parameters makes the oldest give way.
    private static let most = 16

    public init() {}

    /// The rule at work, with what it has learned; `nil` where there is no draft.
    public func makeLookahead(_ rule: LookaheadRule) -> (any Lookahead)? {
        self.learned.last { $0.rule == rule }?.lookahead ?? rule.makeLookahead()
    }

    /// Takes what a sequence has made of a rule; of several at once the one that ends last counts.
    public mutating func keep(_ lookahead: any Lookahead, of rule: LookaheadRule) {
        self.learned.removeAll { $0.rule == rule }
        if self.learned.count == Self.most { self.learned.removeFirst() }
        self.learned.append((rule, lookahead))
    }
}
