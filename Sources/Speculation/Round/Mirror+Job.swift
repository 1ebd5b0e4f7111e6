extension Mirror {
    /// What to draft: feed these tokens, then draft while the rule wants more.
    public struct Job: Sendable {
        /// Position of the first row; what the slot holds behind it is to be rolled back.
        public var position: Int
        /// Tokens that the slot lacks, at least one.
        public var feed: [Token]
        public var lookahead: any Lookahead
        /// Draft tokens at most.
        public var most: Int
        /// Draft tokens before the rule is asked: the target's own token behind the block before.
        public var lead = 0

        public init(position: Int, feed: [Token], lookahead: any Lookahead, most: Int) {
            self.position = position
            self.feed = feed
            self.lookahead = lookahead
            self.most = most
        }

        /// Position of the first draft token.
        public var base: Int { self.position + self.feed.count }
    }
}
