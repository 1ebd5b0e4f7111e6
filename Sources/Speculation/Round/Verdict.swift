/// The target's answer to a block, or news of tokens that it took alone: `tokens` are committed from `position` on.
public struct Verdict: Equatable, Sendable {
    public var sequence: UInt64
    /// Number of tokens before the first of `tokens`.
    public var position: Int
    public var tokens: [Token]
    /// Digest of all tokens up to and with the last of `tokens`.
    public var fingerprint: Fingerprint
    /// Draft tokens that the pass accepted, of `verified` that it held.
    public var accepted: Int
    public var verified: Int
    /// The answered block's own send time, echoed; 0 when no block is answered.
    public var sentMicroseconds: UInt64
    /// How long the block lay at the target before its pass began.
    public var waitedMicroseconds: UInt32
    public var passMicroseconds: UInt32
    /// Rows of the pass, those of other sequences counted; 0 when no pass is told of.
    public var rows: Int

    public init(
        sequence: UInt64, position: Int, tokens: [Token], fingerprint: Fingerprint, accepted: Int = 0,
        verified: Int = 0, sentMicroseconds: UInt64 = 0, waitedMicroseconds: UInt32 = 0, passMicroseconds: UInt32 = 0,
        rows: Int = 0
    ) {
        self.sequence = sequence
        self.position = position
        self.tokens = tokens
        self.fingerprint = fingerprint
        self.accepted = accepted
        self.verified = verified
        self.sentMicroseconds = sentMicroseconds
        self.waitedMicroseconds = waitedMicroseconds
        self.passMicroseconds = passMicroseconds
        self.rows = rows
    }
}
