/// A peer of one link; means nothing elsewhere.
public struct PeerID: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The one peer of a connecting link.
    public static let only = PeerID([])
}
