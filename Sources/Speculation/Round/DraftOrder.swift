/// What a draft's model is to do for one sequence: feed these tokens, then draft while the rule wants more.
public struct DraftOrder: Sendable {
    /// Position of the first row; what the slot holds behind it is to be rolled back.
    public var position: Int
    /// Tokens that the slot lacks, at least one.
    public var feed: [Token]
    public var lookahead: any Lookahead
    /// Most draft tokens.
    public var most: Int
    /// Draft tokens before the rule is asked: the target's own token behind the block before.
    public var lead = 0
    /// How the text went on before, from the first draft token on.
    public var lookup = PromptLookup()

    public init(position: Int, feed: [Token], lookahead: any Lookahead, most: Int) {
        self.position = position
        self.feed = feed
        self.lookahead = lookahead
        self.most = most
    }

    /// Position of the first draft token.
    public var base: Int { self.position + self.feed.count }

    /// Whether many committed tokens are fed before the first draft token is chosen.
    public var isPrefill: Bool { self.feed.count > Self.mostFed }

    /// Committed tokens that are fed in about the time of one: after full acceptance there are two.
    public static let mostFed = 2
}
