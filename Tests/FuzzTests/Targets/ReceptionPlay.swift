import ForetokenLinks
import ForetokenWire

@testable import ForetokenServices

extension FuzzTarget {
    /// The listening side of a service, which strangers tell anything.
    static let reception = FuzzTarget("reception", ReceptionPlay.self)
}

private struct ReceptionPlay: Play {
    private(set) var hasRead = false
    private var reception: Reception
    private var now = 1000.0
    private var greeted: Set<PeerID> = []

    init(_ tape: inout Tape) {
        self.reception = Reception(peer: Peer(role: tape.pick([.coordinator, .target, .draft]), name: "here"))
    }

    mutating func act(_ tape: inout Tape) throws(Broken) {
        let id = Self.peer(tape.byte() & 0x0f)
        switch tape.below(6) {
        case 0:
            self.now += Double(tape.byte()) / 10
            for lost in self.reception.silent(now: self.now, nextLook: self.now + 0.1) { try self.lose(lost) }
        case 4, 5:
            let event: LinkEvent = tape.bool() ? .connected : .disconnected(id)
            switch self.reception.receive(event, status: Pong(), now: self.now) {
            case .nothing: break
            case .lost(let lost): try self.lose(lost)
            default: throw Broken("a connection says something")
            }
        case 1:
            let event = LinkEvent.malformed(.malformed, from: id, call: UInt64(tape.byte()))
            if case .message = self.reception.receive(event, status: Pong(), now: self.now) {
                throw Broken("what cannot be read is handed on")
            }
        default: try self.hear(tape.bytes(), from: id)
        }
    }

    /// Everybody falls silent: those who greeted are lost, and nobody else.
    mutating func end() throws(Broken) {
        for id in (0..<16).map({ Self.peer($0) }) {
            try must(self.reception[id] == nil || self.greeted.contains(id), "a stranger is known")
        }
        // The first look may come late, and what was said meanwhile not be read yet.
        _ = self.reception.silent(now: self.now + 1e6, nextLook: self.now + 2e6)
        let silent = Set(self.reception.silent(now: self.now + 3e6, nextLook: self.now + 4e6))
        try must(silent == self.greeted, "\(self.greeted.count) peers are silent, and \(silent.count) are found so")
    }

    /// Half of them have keys, of all roles.
    private static func peer(_ number: UInt8) -> PeerID {
        let role = Role.allCases[Int(number) % Role.allCases.count]
        let identity = number < 8 ? nil : Identity(role: role, name: "k\(number)", key: "key \(number)")
        return PeerID([number], identity: identity)
    }

    /// Does with a peer that is lost what the services do.
    private mutating func lose(_ id: PeerID) throws(Broken) {
        try must(self.greeted.remove(id) != nil, "a stranger is lost")
        self.reception.remove(id)
    }

    private mutating func hear(_ bytes: [UInt8], from id: PeerID) throws(Broken) {
        guard let envelope = try? Envelope(decoding: bytes) else { return }
        self.hasRead = true
        let event = LinkEvent.message(envelope, from: id, bytes: bytes.count)
        var arrival = self.reception.receive(event, status: Pong(drafts: []), now: self.now)
        if case .renewed(let lost) = arrival {
            try must(lost == id, "another peer is lost")
            try self.lose(lost)
            arrival = self.reception.receive(event, status: Pong(drafts: []), now: self.now)
        }
        switch arrival {
        case .nothing: break
        case .lost, .renewed: throw Broken("a message ends a connection")
        case .reply(let reply, let peer):
            try must(peer == id, "another peer is answered")
            if case .welcome = reply.body { try self.welcome(envelope.body, from: id) }
            try must((try? Envelope(decoding: reply.encoded())) != nil, "the answer cannot be read")
        case .message(let message, let peer, _):
            try must(peer == id && message == envelope, "something else is handed on")
            try self.handOn(message.body, from: id)
        }
    }

    private mutating func welcome(_ body: Envelope.Body, from id: PeerID) throws(Broken) {
        self.greeted.insert(id)
        guard case .hello(let hello) = body else { throw Broken("nothing is welcomed") }
        guard let identity = id.identity else { return }
        try must(
            Permissions.allow(identity, toGreetAs: hello.peer.role),
            "the key of a \(identity.role) is taken for a \(hello.peer.role)'s")
        try must(hello.peer.name.hasPrefix("\(identity.name)/"), "a name of another key is taken")
    }

    private func handOn(_ body: Envelope.Body, from id: PeerID) throws(Broken) {
        try must(self.greeted.contains(id), "a stranger's message is handed on")
        if case .hello = body { throw Broken("a greeting is handed on") }
        guard let role = self.reception[id]?.role else { throw Broken("a peer without a role is heard") }
        if let senders = Permissions.senders(of: body, at: self.reception.peer.role) {
            try must(senders.contains(role), "a \(role) says what it may not")
        }
    }
}
