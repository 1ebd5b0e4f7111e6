/// The tokens of a sequence from its beginning, with the fingerprint at every position.
public struct TokenHistory: Sendable {
    public private(set) var tokens: [Token] = []
    /// `fingerprints[i]` digests the first `i` tokens.
    private var fingerprints: [Fingerprint] = [.empty]

    public init(_ tokens: some Sequence<Token> = []) {
        self.append(contentsOf: tokens)
    }

    public var count: Int { self.tokens.count }

    /// Digest of all tokens.
    public var fingerprint: Fingerprint { self.fingerprints[self.tokens.count] }

    /// Digest of the first `position` tokens; `nil` beyond the end.
    public func fingerprint(at position: Int) -> Fingerprint? {
        position >= 0 && position <= self.count ? self.fingerprints[position] : nil
    }

    public mutating func append(_ token: Token) {
        self.tokens.append(token)
        self.fingerprints.append(self.fingerprints[self.tokens.count - 1].appending(token))
    }

    public mutating func append(contentsOf tokens: some Sequence<Token>) {
        for token in tokens { self.append(token) }
    }

    /// Drops the tokens at `position` and behind.
    public mutating func rollBack(to position: Int) {
        guard position < self.count else { return }
        self.tokens.removeSubrange(position...)
        self.fingerprints.removeSubrange((position + 1)...)
    }

    /// How many of `tokens`, laid at `position`, agree with what is here, up to the end of either.
    /// `position` is at most `count`.
    public func agreement(with tokens: [Token], at position: Int) -> Int {
        var agreed = 0
        while agreed < tokens.count, position + agreed < self.count, self.tokens[position + agreed] == tokens[agreed] {
            agreed += 1
        }
        return agreed
    }
}
