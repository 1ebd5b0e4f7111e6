internal import Executors
internal import ForetokenLinks
internal import ForetokenWire

/// The connecting side of one link: carries out what `ConnectionState` decides. Belongs to one actor.
struct Connection {
    let address: String
    let link: any Link
    let hello: Hello
    private(set) var state: ConnectionState

    enum Change: Equatable {
        case up(Peer)
        case lost(String)
        case refused(Status)
    }

    init(link: any Link, peer: Peer) {
        self.address = link.address
        self.link = link
        self.hello = Hello(peer: peer)
        self.state = ConnectionState(heartbeat: Double(peer.heartbeatMilliseconds) / 1000)
    }

    var isUp: Bool { self.state.peer != nil }

    mutating func start(now: Double) {
        _ = self.carryOut(self.state.start(now: now))
    }

    /// - Returns: what has changed, in order.
    mutating func receive(_ event: LinkEvent, now: Double) -> [Change] {
        switch event {
        case .connected: self.carryOut(self.state.connected(now: now))
        case .disconnected: self.carryOut(self.state.disconnected(now: now))
        case .message(let envelope, _, _): self.carryOut(self.state.received(envelope, now: now))
        case .malformed, .unlisted, .unreachable: []
        }
    }

    mutating func tick(now: Double) -> [Change] {
        self.carryOut(self.state.tick(now: now))
    }

    private func carryOut(_ actions: [ConnectionState.Action]) -> [Change] {
        actions.compactMap { action in
            switch action {
            case .sendHello:
                _ = self.link.send(Envelope(.hello(self.hello)), to: .only)
            case .sendPing(let ping):
                _ = self.link.send(Envelope(.ping(ping)), to: .only)
            case .becameUp(let peer):
                return .up(peer)
            case .becameLost(let reason):
                return .lost(reason)
            case .refused(let status):
                return .refused(status)
            }
            return nil
        }
    }
}
