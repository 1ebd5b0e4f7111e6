public import ForetokenWire

/// Who has greeted the listening side of a link, and when each was last heard. A value without clock and sockets; all
/// times are seconds of one monotonic clock.
public struct PeerTable: Sendable {
    public struct Entry: Equatable, Sendable {
        public var peer: Peer
        public var lastHeard: Double
        /// Seconds; what the peer told, within `PeerTable.heartbeats`.
        public var heartbeat: Double

        /// When silence means loss.
        public var expiry: Double { self.lastHeard + PeerTable.silence * self.heartbeat }
    }

    /// Heartbeats of silence after which a peer is lost: pings come at every half, so more than two of them are missing.
    public static let silence = 1.75
    /// Seconds that a heartbeat may have; what a peer tells is brought into this range.
    public static let heartbeats = 0.05...60.0

    public let capacity: Int
    private var entries: [PeerID: Entry] = [:]

    /// - Parameter capacity: peers at most, so that strangers cannot fill the memory.
    public init(capacity: Int = 1024) {
        self.capacity = capacity
    }

    public var count: Int { self.entries.count }

    public subscript(id: PeerID) -> Peer? { self.entries[id]?.peer }

    public func entry(_ id: PeerID) -> Entry? { self.entries[id] }

    /// The peer of this name that was heard last.
    public func id(named name: String) -> PeerID? {
        self.entries.filter { $0.value.peer.name == name }.max { $0.value.lastHeard < $1.value.lastHeard }?.key
    }

    /// Takes in a peer that greeted, or takes over what it says anew.
    ///
    /// - Returns: false when there is no room.
    public mutating func greeted(_ peer: Peer, from id: PeerID, now: Double) -> Bool {
        guard self.entries[id] != nil || self.entries.count < self.capacity else { return false }
        let told = Double(peer.heartbeatMilliseconds) / 1000
        let heartbeat = min(max(told, Self.heartbeats.lowerBound), Self.heartbeats.upperBound)
        self.entries[id] = Entry(peer: peer, lastHeard: now, heartbeat: heartbeat)
        return true
    }

    /// Notes that something came from this peer.
    ///
    /// - Returns: false for one that has not greeted.
    public mutating func received(from id: PeerID, now: Double) -> Bool {
        guard self.entries[id] != nil else { return false }
        self.entries[id]?.lastHeard = now
        return true
    }

    /// Who has been silent for too long; they stay until they are removed.
    public func expired(now: Double) -> [PeerID] {
        self.entries.filter { $0.value.expiry <= now }.sorted { $0.value.expiry < $1.value.expiry }.map(\.key)
    }

    /// When the next peer expires if it stays silent.
    public var nextExpiry: Double? { self.entries.values.map(\.expiry).min() }

    @discardableResult
    public mutating func remove(_ id: PeerID) -> Peer? {
        self.entries.removeValue(forKey: id)?.peer
    }
}
