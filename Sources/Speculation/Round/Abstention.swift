/// A draft's word that nothing is worth sending behind `position` tokens: it is not to be waited for until it sends a
/// block again.
public struct Abstention: Equatable, Sendable {
    public var sequence: UInt64
    public var position: Int
    public var fingerprint: Fingerprint
    /// The draft's clock when it said so, in microseconds.
    public var sentMicroseconds: UInt64
    /// The draft's latest measure of the round trip; `nil` before the first.
    public var roundTripMicroseconds: UInt32?
    /// What a first token would have had to be worth, in tokens; `nil` where the draft has no price.
    public var price: Float?
    /// Time that the draft takes for one token, measured recently; `nil` before the first measure.
    public var draftTokenMicroseconds: Float?

    public init(
        sequence: UInt64, position: Int, fingerprint: Fingerprint, sentMicroseconds: UInt64 = 0,
        roundTripMicroseconds: UInt32? = nil, price: Float? = nil, draftTokenMicroseconds: Float? = nil
    ) {
        self.sequence = sequence
        self.position = position
        self.fingerprint = fingerprint
        self.sentMicroseconds = sentMicroseconds
        self.roundTripMicroseconds = roundTripMicroseconds
        self.price = price
        self.draftTokenMicroseconds = draftTokenMicroseconds
    }
}
