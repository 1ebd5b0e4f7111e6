public import ForetokenWire

/// A call, as the service that answers it knows it.
public struct Call: Hashable, Sendable {
    public var owner: PeerID
    /// Chosen by the owner.
    public var number: UInt64

    public init(owner: PeerID, number: UInt64) {
        self.owner = owner
        self.number = number
    }
}
