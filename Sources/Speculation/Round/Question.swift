/// Asks the target for everything committed behind `position`, where `position` tokens with this digest are known.
public struct Question: Equatable, Sendable {
    public var sequence: UInt64
    public var position: Int
    public var fingerprint: Fingerprint
    /// The draft's clock when it asked, in microseconds; the target echoes it.
    public var sentMicroseconds: UInt64

    public init(sequence: UInt64, position: Int, fingerprint: Fingerprint, sentMicroseconds: UInt64 = 0) {
        self.sequence = sequence
        self.position = position
        self.fingerprint = fingerprint
        self.sentMicroseconds = sentMicroseconds
    }
}
