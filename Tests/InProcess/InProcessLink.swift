internal import ForetokenLinks
internal import ForetokenWire

/// One end of a link within the process. The network keeps it up until it is closed, whoever else forgets it.
final class InProcessLink: Link {
    let address: String

    /// The name of a connecting end; `nil`: this end listens.
    private let peer: PeerID?
    private let end: InProcessEnd
    private let network: InProcessNetwork

    init(address: String, peer: PeerID?, end: InProcessEnd, network: InProcessNetwork) {
        self.address = address
        self.peer = peer
        self.end = end
        self.network = network
    }

    func send(_ envelope: Envelope, to peer: PeerID) -> SendResult {
        self.end.loop.checkIsolated()
        return self.network.send(envelope, over: self.peer ?? peer, from: self.end, at: self.address)
    }

    func close() {
        self.end.loop.checkIsolated()
        self.network.close(self.end)
    }
}
