/// What became of a block, as the draft saw it.
public struct Round: Equatable, Sendable {
    /// Everything drafted for the block; its first `sent` tokens were sent.
    public var drafted: [DraftedToken]
    public var sent: Int
    /// Leading tokens of `drafted` that the target chose too: more than `sent` by one where the target's own token
    /// behind the block was the first that was not sent.
    public var agreed: Int
    /// Leading tokens of `drafted` whose fate is known: those agreed, and the first rejected one. What stands behind a
    /// rejected token was drafted on wrong ground, and nothing is known of it.
    public var judged: Int
    /// The target's own token in place of the first rejected one, where that is known.
    public var recovered: Token?
    /// From the beginning of its drafting to its verdict.
    public var seconds: Seconds

    public init(drafted: [DraftedToken], sent: Int, agreed: Int, judged: Int, seconds: Seconds) {
        self.drafted = drafted
        self.sent = sent
        self.agreed = agreed
        self.judged = judged
        self.seconds = seconds
    }

    /// Tokens of the block that the target chose too.
    public var accepted: Int { min(self.agreed, self.sent) }
}
