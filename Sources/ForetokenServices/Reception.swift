internal import ForetokenLinks
public import ForetokenWire
public import Speculation

/// Decides at the listening side of a service who is let in: greets, answers heartbeats, counts and drops the rest.
///
/// A value without clock and sockets.
struct Reception: Sendable {
    var peer: Peer
    private var table = PeerTable()
    /// When silence is to be looked for; `nil` before the first time.
    private var nextLook: Double?
    /// When the door is to be looked at.
    var nextDoorLook = 0.0
    /// Messages that were not valid.
    private(set) var malformedCount = 0
    /// Messages from peers that had not greeted.
    private(set) var strangerCount = 0
    var refusals = Refusals()

    init(peer: Peer) {
        self.peer = peer
    }

    enum Arrival {
        case nothing
        case reply(Envelope, PeerID)
        /// From a peer that has greeted.
        case message(Envelope, PeerID, bytes: Int)
        /// The connection of a peer that had greeted has ended. It stays until it is removed.
        case lost(PeerID)
        /// A peer that had greeted begins anew: it is to be removed, and what came to be received again.
        case renewed(PeerID)
    }

    /// - Parameter status: of the service; the answer to a heartbeat. What it reports of costs, coordinators alone get; of
    ///   a target, drafts too, for it is what they price rows by.
    mutating func receive(_ event: LinkEvent, status: @autoclosure () -> Pong, now: Double) -> Arrival {
        switch event {
        case .unlisted(let key):
            self.refusals.count(.revoked, key)
            return .nothing
        case .connected, .unreachable:
            return .nothing
        case .disconnected(let id):
            return self.table[id] == nil ? .nothing : .lost(id)
        case .malformed(let error, let id, let call):
            self.malformedCount += 1
            guard self.table[id] != nil else { return .nothing }
            return .reply(Envelope(call: call, .status(Status(.invalidArgument, error.description))), id)
        case .message(let envelope, let id, let bytes):
            if case .hello(let hello) = envelope.body {
                // Whoever greets again has given this side up, as where a network is cut in one direction: so it is lost
                // here too, and welcome after that. A client asks again for what goes on, and so keeps it.
                if let known = self.table.entry(id), known.hasSpoken, known.peer.role != .client { return .renewed(id) }
                return .reply(Envelope(call: envelope.call, self.answer(hello, from: id, now: now)), id)
            }
            guard self.table.received(from: id, now: now) else {
                self.strangerCount += 1
                return .reply(Envelope(.status(Status(.unauthenticated, "say Hello first"))), id)
            }
            if case .ping(let ping) = envelope.body {
                var pong = status()
                pong.sentMicroseconds = ping.sentMicroseconds
                let role = self.table[id]?.role
                pong.refusals = role == .coordinator ? self.refusals.totals : [:]
                if role != .coordinator { pong.drafts = [] }
                if role != .coordinator, role != .draft { pong.target = nil }
                return .reply(Envelope(.pong(pong)), id)
            }
            if let refusal = self.refusal(of: envelope.body, from: id) {
                return .reply(Envelope(call: envelope.call, .status(refusal)), id)
            }
            return .message(envelope, id, bytes: bytes)
        }
    }

    private mutating func answer(_ hello: Hello, from id: PeerID, now: Double) -> Envelope.Body {
        if let refusal = self.refusal(of: hello) ?? self.refusal(ofClaim: hello.peer, by: id) {
            return .status(refusal)
        }
        guard self.table.greeted(hello.peer, from: id, now: now) else {
            return .status(Status(.resourceExhausted, "too many peers"))
        }
        return .welcome(Welcome(peer: self.peer))
    }

    private func refusal(of hello: Hello) -> Status? {
        guard hello.protocolVersion == protocolVersion else {
            return Status(
                .failedPrecondition,
                """
                protocol version \(hello.protocolVersion) is spoken by the caller, but version \(protocolVersion) \
                here; run the same release of foretoken on both sides
                """)
        }
        if self.peer.role == .target, hello.peer.role == .draft, let draft = hello.peer.model,
            let target = self.peer.model
        {
            return vocabularyMismatch(draft: draft, target: target)
        }
        return nil
    }

    private mutating func refusal(ofClaim peer: Peer, by id: PeerID) -> Status? {
        let role = peer.role
        let body = Envelope.Body.hello(Hello(peer: peer))
        if let greeters = Permissions.senders(of: body, at: self.peer.role), !greeters.contains(role) {
            self.refusals.count(.hello, id.identity?.name ?? "a \(role.rawValue)")
            return Status(
                .permissionDenied,
                """
                a \(self.peer.role.rawValue) is greeted by a \(greeters.map(\.rawValue).joined(separator: " or a ")), and \
                the caller is a \(role.rawValue); it has the address of another service than it means
                """)
        }
        guard let identity = id.identity else { return nil }
        if Permissions.allow(identity, toGreetAs: role) {
            if Permissions.allow(identity, toGreetUnder: peer.name) { return nil }
            self.refusals.count(.hello, "\(identity.name), under a name that is not its own")
            return Status(
                .permissionDenied,
                """
                the key \(identity.name) greets under names that begin with \(Peer.namePrefix(of: identity)), and the \
                caller has another; run the same release of foretoken on both sides
                """)
        }
        self.refusals.count(.hello, "\(identity.name), a \(identity.role.rawValue), as a \(role.rawValue)")
        return Status(
            .permissionDenied,
            """
            the key \(identity.name) is a \(identity.role.rawValue)'s, and the caller says that it is a \
            \(role.rawValue); take a key that foretoken keygen made for that role
            """)
    }

    private mutating func refusal(of body: Envelope.Body, from id: PeerID) -> Status? {
        guard let role = self.table[id]?.role, let senders = Permissions.senders(of: body, at: self.peer.role),
            !senders.contains(role)
        else { return nil }
        let named = id.identity.map { "\($0.name), a \(role.rawValue)" } ?? "a \(role.rawValue)"
        self.refusals.count(.message, named)
        let wanted = senders.map(\.rawValue).joined(separator: " or a ")
        return Status(
            .permissionDenied,
            "a \(self.peer.role.rawValue) takes this message from a \(wanted) only, and the caller is a \(role.rawValue)"
        )
    }

    subscript(id: PeerID) -> Peer? { self.table[id] }

    func peer(named name: String, role: Role) -> PeerID? {
        self.table.id(named: name, role: role)
    }

    /// Those of a role that have greeted.
    func peers(of role: Role) -> [PeerID] { self.table.ids.filter { self.table[$0]?.role == role } }

    /// Who has been silent for too long; they stay until they are removed.
    ///
    /// - Parameter nextLook: when this is asked next. What was said while this side slept longer than that may not be read
    ///   yet, and is not silence.
    mutating func silent(now: Double, nextLook: Double) -> [PeerID] {
        if let due = self.nextLook { self.table.excuse(now - due) }
        self.nextLook = nextLook
        return self.table.expired(now: now)
    }

    /// Hears what has happened at the door.
    ///
    /// - Returns: peers whose keys are revoked; they stay until they are removed.
    mutating func take(_ news: SecurityNews, isMember: (Identity) -> Bool) -> [PeerID] {
        for (refusal, count) in news.refused {
            self.refusals.count(refusal == .key ? .key : .handshake, times: count, news.latest[refusal] ?? "")
        }
        guard news.isListNew else { return [] }
        return self.table.ids.filter { $0.identity.map { !isMember($0) } ?? false }
    }

    /// Forgets a peer that is lost.
    mutating func remove(_ id: PeerID) {
        self.table.remove(id)
    }
}

/// Why a draft cannot draft for a target; `nil` when it can.
///
/// - Parameter difference: the first token that differs, in words, where both vocabularies are at hand.
public func vocabularyMismatch(
    draft: ModelDescription, target: ModelDescription, difference: @autoclosure () -> String? = nil
) -> Status? {
    guard draft.vocabularyFingerprint != target.vocabularyFingerprint || draft.vocabularySize != target.vocabularySize
    else { return nil }
    let way = "foretoken generate with both files, --model and --draft, names the first token that differs"
    return Status(
        .failedPrecondition,
        """
        the draft "\(draft.name)" has another vocabulary (\(draft.vocabularySize) tokens) than the target \
        "\(target.name)" (\(target.vocabularySize) tokens): \(difference() ?? way); take a draft made for this target
        """)
}
