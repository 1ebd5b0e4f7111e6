public import ForetokenWire

/// Who has greeted the listening side of a link, and when each was last heard. A value without clock and sockets; all
/// times are seconds of one monotonic clock.
public struct PeerTable: Sendable {
    public struct Entry: Equatable, Sendable {
        public var peer: Peer
        public var lastHeard: Double
        /// Seconds; what the peer told, within `PeerTable.heartbeats`.
        public var heartbeat: Double
        /// Whether something else than a greeting has come from it.
        public var hasSpoken = false
        /// Whether the silence since `lastHeard` was put down to this side's own sleep already.
        var isExcused = false

        /// When silence means loss. Who only greets is not waited for as long as it likes: a peer that hears its welcome
        /// sends its first heartbeat at once.
        public var expiry: Double {
            let heartbeat = self.hasSpoken ? self.heartbeat : min(self.heartbeat, PeerTable.longestGreeting)
            return self.lastHeard + Peer.silence * heartbeat
        }
    }

    /// Seconds that a heartbeat may have; what a peer tells is brought into this range.
    public static let heartbeats = 0.05...60.0

    /// Seconds that the heartbeat of a peer counts for at most which has only greeted.
    public static let longestGreeting = 2.0

    public let capacity: Int
    /// Peers of one role at most: the last places are left to the others, who could not do their work without them.
    public var mostOfOneRole: Int { self.capacity - self.capacity / 8 }
    private var entries: [PeerID: Entry] = [:]

    /// - Parameter capacity: peers at most, so that strangers cannot fill the memory.
    public init(capacity: Int = 1024) {
        self.capacity = capacity
    }

    public var count: Int { self.entries.count }

    public var ids: [PeerID] { Array(self.entries.keys) }

    public subscript(id: PeerID) -> Peer? { self.entries[id]?.peer }

    public func entry(_ id: PeerID) -> Entry? { self.entries[id] }

    /// The peer of this name and role that was heard last; a name that another role has taken too hides nobody.
    public func id(named name: String, role: Role) -> PeerID? {
        self.entries.filter { $0.value.peer.name == name && $0.value.peer.role == role }
            .max { $0.value.lastHeard < $1.value.lastHeard }?.key
    }

    /// Takes in a peer that greeted, or takes over what it says anew. Where there is no room, at all or for its role, the
    /// one gives way that has only greeted, longest ago: nothing is lost with it.
    ///
    /// - Returns: false when there is no room.
    public mutating func greeted(_ peer: Peer, from id: PeerID, now: Double) -> Bool {
        if self.entries[id]?.peer.role != peer.role {
            let same = self.entries.filter { $0.value.peer.role == peer.role }
            let isFull = self.entries[id] == nil && self.entries.count >= self.capacity
            if same.count >= self.mostOfOneRole || isFull {
                let silent = (same.count >= self.mostOfOneRole ? same : self.entries).filter { !$0.value.hasSpoken }
                guard let oldest = silent.min(by: { $0.value.lastHeard < $1.value.lastHeard })?.key else {
                    return false
                }
                self.entries[oldest] = nil
            }
        }
        let told = Double(peer.heartbeatMilliseconds) / 1000
        let heartbeat = min(max(told, Self.heartbeats.lowerBound), Self.heartbeats.upperBound)
        let hasSpoken = self.entries[id]?.hasSpoken ?? false
        self.entries[id] = Entry(peer: peer, lastHeard: now, heartbeat: heartbeat, hasSpoken: hasSpoken)
        return true
    }

    /// Notes that something came from this peer.
    ///
    /// - Returns: false for one that has not greeted.
    public mutating func received(from id: PeerID, now: Double) -> Bool {
        guard self.entries[id] != nil else { return false }
        self.entries[id]?.lastHeard = now
        self.entries[id]?.isExcused = false
        self.entries[id]?.hasSpoken = true
        return true
    }

    /// Puts part of everybody's silence down to this side, which was asleep when it should have looked; but only once for
    /// each silence, so that a side that is always late notices a loss too.
    ///
    /// - Parameter late: seconds by which it looks too late. Less than half of a peer's heartbeat does not matter to it.
    public mutating func excuse(_ late: Double) {
        guard late > Self.heartbeats.lowerBound / 2 else { return }
        self.entries = self.entries.mapValues { entry in
            guard late > entry.heartbeat / 2, !entry.isExcused else { return entry }
            var entry = entry
            entry.lastHeard += late
            entry.isExcused = true
            return entry
        }
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
