import ForetokenLinks
import ForetokenWire

@testable import ForetokenServices

extension FuzzTarget {
    /// The listening side of a service, which strangers tell anything.
    static let reception = FuzzTarget("reception") { bytes throws(Broken) in
        var tape = Tape(bytes)
        let role = tape.pick([Role.coordinator, .target, .draft])
        var reception = Reception(peer: Peer(role: role, name: "here"))
        var now = 1000.0
        var greeted: Set<PeerID> = []
        var hasRead = false
        while !tape.isAtEnd {
            let id = Self.peer(tape.byte() & 0x0f)
            /// Does with a peer that is lost what the services do.
            func lose(_ id: PeerID) throws(Broken) {
                try must(greeted.remove(id) != nil, "a stranger is lost")
                reception.remove(id)
            }
            switch tape.below(6) {
            case 0:
                now += Double(tape.byte()) / 10
                for lost in reception.silent(now: now, nextLook: now + 0.1) { try lose(lost) }
            case 4, 5:
                let event: LinkEvent = tape.bool() ? .connected : .disconnected(id)
                switch reception.receive(event, status: Pong(), now: now) {
                case .nothing: break
                case .lost(let lost): try lose(lost)
                default: throw Broken("a connection says something")
                }
            case 1:
                let event = LinkEvent.malformed(.malformed, from: id, call: UInt64(tape.byte()))
                let arrival = reception.receive(event, status: Pong(), now: now)
                guard case .message = arrival else { continue }
                throw Broken("what cannot be read is handed on")
            default:
                let bytes = tape.bytes()
                guard let envelope = try? Envelope(decoding: bytes) else { continue }
                hasRead = true
                let event = LinkEvent.message(envelope, from: id, bytes: bytes.count)
                var arrival = reception.receive(event, status: Pong(drafts: []), now: now)
                if case .renewed(let lost) = arrival {
                    try must(lost == id, "another peer is lost")
                    try lose(lost)
                    arrival = reception.receive(event, status: Pong(drafts: []), now: now)
                }
                switch arrival {
                case .nothing: break
                case .lost, .renewed: throw Broken("a message ends a connection")
                case .reply(let reply, let peer):
                    try must(peer == id, "another peer is answered")
                    if case .welcome = reply.body {
                        greeted.insert(id)
                        guard case .hello(let hello) = envelope.body else { throw Broken("nothing is welcomed") }
                        let isOwn = id.identity.map { Permissions.allow($0, toGreetAs: hello.peer.role) } ?? true
                        try must(
                            id.identity.map { hello.peer.name.hasPrefix("\($0.name)/") } ?? true,
                            "a name of another key is taken")
                        try must(isOwn, "the key of a \(id.identity!.role) is taken for a \(hello.peer.role)'s")
                    }
                    try must((try? Envelope(decoding: reply.encoded())) != nil, "the answer cannot be read")
                case .message(let message, let peer, _):
                    try must(peer == id && message == envelope, "something else is handed on")
                    try must(greeted.contains(id), "a stranger's message is handed on")
                    if case .hello = message.body { throw Broken("a greeting is handed on") }
                    guard let role = reception[id]?.role else { throw Broken("a peer without a role is heard") }
                    if let senders = Permissions.senders(of: message.body, at: reception.peer.role) {
                        try must(senders.contains(role), "a \(role) says what it may not")
                    }
                }
            }
        }
        for id in (0..<16).map({ Self.peer($0) }) {
            try must(reception[id] == nil || greeted.contains(id), "a stranger is known")
        }
        // The first look may come late, and what was said meanwhile not be read yet.
        _ = reception.silent(now: now + 1e6, nextLook: now + 2e6)
        let silent = Set(reception.silent(now: now + 3e6, nextLook: now + 4e6))
        try must(silent == greeted, "\(greeted.count) peers are silent, and \(silent.count) are found so")
        return hasRead
    }

    /// Half of them have keys, of all roles.
    private static func peer(_ number: UInt8) -> PeerID {
        let role = Role.allCases[Int(number) % Role.allCases.count]
        let identity = number < 8 ? nil : Identity(role: role, name: "k\(number)", key: "key \(number)")
        return PeerID([number], identity: identity)
    }
}
