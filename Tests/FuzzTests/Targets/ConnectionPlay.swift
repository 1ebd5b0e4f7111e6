import ForetokenLinks
import ForetokenWire

extension FuzzTarget {
    /// The connecting side of a link, which a peer tells anything at any time.
    static let connection = FuzzTarget("connection") { bytes throws(Broken) in
        var tape = Tape(bytes)
        var state = ConnectionState(heartbeat: tape.pick([0, 0.05, 0.5, 1, 60]))
        var now = 1000.0
        var isUp = false
        var hasRead = false
        func check(_ actions: [ConnectionState.Action]) throws(Broken) {
            try must(actions.count <= 4, "\(actions.count) actions at once")
            for action in actions {
                switch action {
                case .becameUp:
                    try must(!isUp, "is up twice")
                    isUp = true
                case .becameLost:
                    try must(isUp, "is lost before it was up")
                    isUp = false
                case .sendHello, .sendPing, .refused: break
                }
            }
            try must((state.peer != nil) == isUp, "nobody is told whether it is up")
            try must(state.nextTick.isFinite, "never looks at the clock again")
            try must(state.nextTick <= now + 120, "looks at the clock again in \(state.nextTick - now) s")
            if let trip = state.roundTrip { try must(trip >= 0 && trip < 60, "a round trip of \(trip) s") }
        }
        try check(state.start(now: now))
        while !tape.isAtEnd {
            switch tape.below(7) {
            case 0:
                now += Double(tape.byte()) / 100
            case 1:
                now = max(now, state.nextTick)
                try check(state.tick(now: now))
                try must(state.nextTick > now, "looks at the clock again at once, for ever")
            case 2:
                let ping = Pong(sentMicroseconds: UInt64(now * 1e6) - UInt64(tape.byte()) * 1000)
                try check(state.received(Envelope(.pong(ping)), now: now))
            case 3:
                let version = tape.byte() < 0xe0 ? protocolVersion : 1
                let peer = Peer(role: .target, name: "t\(tape.below(3))")
                try check(
                    state.received(Envelope(.welcome(Welcome(protocolVersion: version, peer: peer))), now: now))
            case 4: try check(state.connected(now: now))
            case 5: try check(state.disconnected(now: now))
            default:
                guard let envelope = try? Envelope(decoding: tape.bytes()) else { continue }
                hasRead = true
                try check(state.received(envelope, now: now))
            }
        }
        return hasRead
    }
}
