/// A peer of one link; means nothing elsewhere.
public struct PeerID: Hashable, Sendable {
    public let bytes: [UInt8]
    /// Who it is by its key; `nil` where the link has no keys, and what a Hello claims is believed. The same bytes under
    /// another key are another peer.
    public let identity: Identity?

    public init(_ bytes: [UInt8], identity: Identity? = nil) {
        self.bytes = bytes
        self.identity = identity
    }

    /// The one peer of a connecting link.
    public static let only = PeerID([])

    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.bytes)
    }
}

/// Who a peer is by its key, whatever it says of itself.
public struct Identity: Hashable, Sendable {
    public let role: Role
    /// Its name in the list of members.
    public let name: String
    /// Its public key, in Z85.
    public let key: String

    public init(role: Role, name: String, key: String) {
        self.role = role
        self.name = name
        self.key = key
    }
}
