import ForetokenLinks
import ForetokenWire

extension FuzzTarget {
    /// The connecting side of a link, which a peer tells anything at any time.
    static let connection = FuzzTarget("connection", ConnectionPlay.self)
}

private struct ConnectionPlay: Play {
    private(set) var hasRead = false
    private var state: ConnectionState
    private var now = 1000.0
    private var isUp = false

    init(_ tape: inout Tape) throws(Broken) {
        self.state = ConnectionState(heartbeat: tape.pick([0, 0.05, 0.5, 1, 60]))
        try self.check(self.state.start(now: self.now))
    }

    mutating func act(_ tape: inout Tape) throws(Broken) {
        switch tape.below(7) {
        case 0:
            self.now += Double(tape.byte()) / 100
        case 1:
            self.now = max(self.now, self.state.nextTick)
            try self.check(self.state.tick(now: self.now))
            try must(self.state.nextTick > self.now, "looks at the clock again at once, for ever")
        case 2:
            let ping = Pong(sentMicroseconds: UInt64(self.now * 1e6) - UInt64(tape.byte()) * 1000)
            try self.check(self.state.received(Envelope(.pong(ping)), now: self.now))
        case 3:
            let version = tape.byte() < 0xe0 ? protocolVersion : 1
            let peer = Peer(role: .target, name: "t\(tape.below(3))")
            let welcome = Welcome(protocolVersion: version, peer: peer)
            try self.check(self.state.received(Envelope(.welcome(welcome)), now: self.now))
        case 4: try self.check(self.state.connected(now: self.now))
        case 5: try self.check(self.state.disconnected(now: self.now))
        default:
            guard let envelope = try? Envelope(decoding: tape.bytes()) else { return }
            self.hasRead = true
            try self.check(self.state.received(envelope, now: self.now))
        }
    }

    func end() {}

    private mutating func check(_ actions: [ConnectionState.Action]) throws(Broken) {
        try must(actions.count <= 4, "\(actions.count) actions at once")
        for action in actions {
            switch action {
            case .becameUp:
                try must(!self.isUp, "is up twice")
                self.isUp = true
            case .becameLost:
                try must(self.isUp, "is lost before it was up")
                self.isUp = false
            case .sendHello, .sendPing, .refused: break
            }
        }
        try must((self.state.peer != nil) == self.isUp, "nobody is told whether it is up")
        try must(self.state.nextTick.isFinite, "never looks at the clock again")
        try must(self.state.nextTick <= self.now + 120, "looks at the clock in \(self.state.nextTick - self.now) s")
        if let trip = self.state.roundTrip { try must(trip >= 0 && trip < 60, "a round trip of \(trip) s") }
    }
}
