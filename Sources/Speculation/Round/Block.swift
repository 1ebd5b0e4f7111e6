/// Candidate tokens, at least one, that stand on `position` tokens whose digest is `fingerprint`.
///
/// A block names what it stands on by content, so duplicates, reorderings and late arrivals are harmless.
public struct Block: Equatable, Sendable {
    public var sequence: UInt64
    /// Number of tokens before the first of `tokens`.
    public var position: Int
    public var fingerprint: Fingerprint
    public var tokens: [Token]
    /// The draft's prediction for each token that it is accepted when all before it are: as many as `tokens`, or none.
    public var acceptances: [Float]
    /// The draft's clock when it sent the block, in microseconds; the target echoes it.
    public var sentMicroseconds: UInt64
    /// Time the draft took to draft the block.
    public var draftingMicroseconds: UInt32
    /// The draft's latest measure of the round trip; `nil` before the first.
    public var roundTripMicroseconds: UInt32?
    /// What the first token had to be worth, in tokens, when the block was cut; `nil` where the draft has no price.
    public var price: Float?
    /// Time that the draft takes for one token, measured recently; `nil` before the first measure.
    public var draftTokenMicroseconds: Float?

    public init(
        sequence: UInt64, position: Int, fingerprint: Fingerprint, tokens: [Token], acceptances: [Float] = [],
        sentMicroseconds: UInt64 = 0, draftingMicroseconds: UInt32 = 0, roundTripMicroseconds: UInt32? = nil,
        price: Float? = nil, draftTokenMicroseconds: Float? = nil
    ) {
        self.sequence = sequence
        self.position = position
        self.fingerprint = fingerprint
        self.tokens = tokens
        self.acceptances = acceptances
        self.sentMicroseconds = sentMicroseconds
        self.draftingMicroseconds = draftingMicroseconds
        self.roundTripMicroseconds = roundTripMicroseconds
        self.price = price
        self.draftTokenMicroseconds = draftTokenMicroseconds
    }
}
