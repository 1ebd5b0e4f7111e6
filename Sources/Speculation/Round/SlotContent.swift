/// What a draft's slot holds of a sequence: its first tokens, and what was drafted behind all of them.
struct SlotContent: Sendable {
    /// Leading tokens of the sequence.
    private(set) var committed = 0
    /// Tokens behind all that is committed; nothing where the slot lacks some of that.
    private(set) var drafted: [Token] = []

    mutating func reuse(_ count: Int) {
        (self.committed, self.drafted) = (count, [])
    }

    /// A token is committed behind `count` others.
    mutating func commit(_ token: Token, behind count: Int) {
        if self.committed == count, self.drafted.first == token {
            self.committed += 1
            self.drafted.removeFirst()
        } else {
            self.drafted = []
        }
    }

    mutating func rollBack(to position: Int) {
        if position <= self.committed { self.reuse(position) }
    }

    /// A run has left tokens there, behind the first `position` of the sequence.
    mutating func take(_ tokens: [Token], at position: Int, of history: TokenHistory) {
        let agreed = history.agreement(with: tokens, at: position)
        self.committed = position + agreed
        self.drafted = self.committed == history.count ? Array(tokens[agreed...]) : []
    }

    /// Tokens that need not be fed where these are to stand behind the committed ones.
    func count(of tokens: [Token], behind history: TokenHistory) -> Int {
        guard self.committed >= history.count else { return self.committed }
        return history.count + zip(self.drafted, tokens).prefix { $0 == $1 }.count
    }
}
