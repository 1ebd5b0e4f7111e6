internal import ForetokenWire

/// Which peers of a listening link speak over which connection, as the end of a connection is told of its descriptor.
///
/// A descriptor is used again after the end of its connection, and a peer may come back over another connection before
/// the end of its former one is told, or where it never is. A value without sockets; what it keeps is bounded by the
/// number of connections.
struct Descriptors {
    private var descriptors: [PeerID: Int32] = [:]
    /// Usually one peer for each descriptor; two while the last messages of an ended connection are still read.
    private var peers: [Int32: [PeerID]] = [:]

    /// A message came.
    ///
    /// - Returns: whether the peer spoke over another connection before, which is over with this.
    mutating func heard(_ peer: PeerID, over descriptor: Int32) -> Bool {
        if self.peers[descriptor]?.contains(peer) == true { return false }
        let former = self.descriptors.updateValue(descriptor, forKey: peer)
        if let former { self.removePeer(peer, over: former) }
        self.peers[descriptor, default: []].append(peer)
        return former != nil
    }

    /// Who speaks over a connection.
    func peers(over descriptor: Int32) -> [PeerID] { self.peers[descriptor] ?? [] }

    /// A connection has ended.
    ///
    /// - Returns: who spoke over it, and speaks over none any more.
    mutating func end(_ descriptor: Int32) -> [PeerID] {
        let peers = self.peers.removeValue(forKey: descriptor) ?? []
        for peer in peers { self.descriptors[peer] = nil }
        return peers
    }

    private mutating func removePeer(_ peer: PeerID, over descriptor: Int32) {
        self.peers[descriptor]?.removeAll { $0 == peer }
        if self.peers[descriptor]?.isEmpty == true { self.peers[descriptor] = nil }
    }
}
