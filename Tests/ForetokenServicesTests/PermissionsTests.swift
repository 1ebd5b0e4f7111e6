import ForetokenLinks
import ForetokenWire
import Speculation
import Testing

@testable import ForetokenServices

/// Who may say what to whom, for all roles and all messages.
@Suite struct PermissionsTests {
    private static let bodies: [(name: String, body: Envelope.Body)] = [
        ("status", .status(.ok)), ("hello", .hello(Hello(peer: Peer(role: .client, name: "a")))),
        ("welcome", .welcome(Welcome(peer: Peer(role: .client, name: "a")))),
        ("ping", .ping(Ping(sentMicroseconds: 1))), ("pong", .pong(Pong())), ("cancel", .cancel),
        ("acknowledged", .acknowledged), ("open", .open(OpenRequest(request: Request(prompt: "a")))),
        ("opened", .opened(Opened(sequence: 1, promptTokens: 1))),
        ("committed", .committed(Committed(index: 0, pieces: []))),
        ("assign", .assign(AssignRequest(sequence: 1, draft: "d"))),
        ("verdict", .verdict(Verdict(sequence: 1, position: 0, tokens: [], fingerprint: .empty))),
        ("attach", .attach(AttachRequest(address: "tcp://a:1"))),
        (
            "mirror",
            .mirror(MirrorRequest(sequence: 1, tokens: [1], sampling: .greedy, lookahead: .off, endPosition: 9))
        ),
        ("release", .release(Release(sequence: 1))),
        ("block", .block(Block(sequence: 1, position: 1, fingerprint: .empty, tokens: [1]))),
        ("question", .question(Question(sequence: 1, position: 1, fingerprint: .empty))),
        ("abstention", .abstention(Abstention(sequence: 1, position: 1, fingerprint: .empty))),
        ("generate", .generate(GenerateRequest(request: Request(prompt: "a")))), ("describe", .describe),
        ("description", .description(Description())),
    ]

    /// Services, what each takes, and from whom; nothing else.
    private static let table: [Role: [String: Set<Role>]] = [
        .target: [
            "open": [.coordinator], "assign": [.coordinator], "cancel": [.coordinator], "block": [.draft],
            "question": [.draft], "abstention": [.draft], "release": [.draft],
        ],
        .draft: ["attach": [.coordinator], "cancel": [.coordinator]],
        .coordinator: ["generate": [.client], "cancel": [.client], "describe": [.client]],
    ]

    private static let greeters: [Role: Set<Role>] = [
        .target: [.coordinator, .draft], .draft: [.coordinator], .coordinator: [.client, .target, .draft],
    ]

    @Test(arguments: [Role.target, .draft, .coordinator], Role.allCases)
    func everyRoleSaysOnlyWhatIsItsOwn(service: Role, sender: Role) throws {
        for hasKey in [false, true] {
            let identity = Identity(role: sender, name: "one", key: String(repeating: "k", count: 40))
            let id = PeerID([1], identity: hasKey ? identity : nil)
            for (name, body) in Self.bodies where !["hello", "ping"].contains(name) {
                var reception = Reception(peer: Peer(role: service, name: "service"))
                let hello = Envelope(.hello(Hello(peer: Peer(role: sender, name: "one/a"))))
                let greeting = reception.receive(.message(hello, from: id, bytes: 1), status: Pong(), now: 0)
                guard Self.greeters[service]!.contains(sender) else {
                    guard case .reply(let envelope, id) = greeting, case .status(let status) = envelope.body else {
                        throw Unexpected()
                    }
                    #expect(status.code == .permissionDenied && status.message.contains("coordinator"))
                    #expect(reception.refusals.takeNews().map(\.reason) == [.hello] && reception[id] == nil)
                    continue
                }
                let arrival = reception.receive(
                    .message(Envelope(call: 5, body), from: id, bytes: 1), status: Pong(), now: 0)
                let takers = Self.table[service]?[name]
                switch arrival {
                case .message(let envelope, id, _):
                    // What a service takes from nobody it answers itself: it is unknown there.
                    #expect(envelope.body == body && takers?.contains(sender) ?? true, "\(name)")
                    #expect(reception.refusals.totals.isEmpty)
                case .reply(let envelope, id):
                    #expect(takers?.contains(sender) == false, "\(name)")
                    guard case .status(let status) = envelope.body else { throw Unexpected() }
                    #expect(envelope.call == 5 && status.code == .permissionDenied)
                    let news = reception.refusals.takeNews()
                    #expect(news.map(\.reason) == [.message] && news.map(\.count) == [1])
                    #expect(!hasKey || news[0].latest.contains("one"))
                default: Issue.record("\(name) is neither taken nor refused")
                }
            }
        }
    }

    private struct Unexpected: Error {}

    @Test(arguments: Role.allCases, Role.allCases)
    func nobodyGreetsAsAnotherThanItsKeySays(key: Role, claim: Role) throws {
        let service = try #require([Role.target, .coordinator].first { Self.greeters[$0]!.contains(claim) })
        var reception = Reception(peer: Peer(role: service, name: "service"))
        let id = PeerID([1], identity: Identity(role: key, name: "one", key: "k"))
        let hello = Envelope(.hello(Hello(peer: Peer(role: claim, name: "one/a"))))
        let arrival = reception.receive(.message(hello, from: id, bytes: 1), status: Pong(), now: 0)
        guard case .reply(let envelope, id) = arrival else { throw Unexpected() }
        if key == claim || (key == .coordinator && claim == .client) {
            guard case .welcome = envelope.body else { throw Unexpected() }
            #expect(reception.refusals.totals.isEmpty && reception[id]?.role == claim)
        } else {
            guard case .status(let status) = envelope.body else { throw Unexpected() }
            #expect(status.code == .permissionDenied && status.message.contains("one"))
            #expect(reception.refusals.takeNews().map(\.reason) == [.hello] && reception[id] == nil)
        }
    }

    /// A target finds a draft by the name that it greets under, so nobody may take or hold another's.
    @Test(arguments: ["two/a", "one", "one-a", "one-7/a", "", "draft-one/a"])
    func nobodyGreetsUnderANameOfAnotherKey(name: String) throws {
        var reception = Reception(peer: Peer(role: .target, name: "target"))
        let id = PeerID([1], identity: Identity(role: .draft, name: "one", key: "k"))
        let hello = Envelope(.hello(Hello(peer: Peer(role: .draft, name: name))))
        let arrival = reception.receive(.message(hello, from: id, bytes: 1), status: Pong(), now: 0)
        guard case .reply(let envelope, id) = arrival, case .status(let status) = envelope.body else {
            throw Unexpected()
        }
        #expect(status.code == .permissionDenied && status.message.contains("one/"))
        #expect(reception.refusals.takeNews().map(\.reason) == [.hello])
        #expect(reception.peer(named: name, role: .draft) == nil)
        let own = Peer.newName(.draft, of: id.identity)
        _ = reception.receive(
            .message(Envelope(.hello(Hello(peer: Peer(role: .draft, name: own)))), from: id, bytes: 1), status: Pong(),
            now: 0)
        #expect(reception.peer(named: own, role: .draft) == id)
    }

    /// Without keys, what a Hello claims is believed.
    @Test(arguments: [Role.coordinator, .draft]) func withoutKeysAClaimIsBelieved(claim: Role) throws {
        var reception = Reception(peer: Peer(role: .target, name: "target"))
        let hello = Envelope(.hello(Hello(peer: Peer(role: claim, name: "a"))))
        let arrival = reception.receive(.message(hello, from: PeerID([1]), bytes: 1), status: Pong(), now: 0)
        guard case .reply(let envelope, _) = arrival, case .welcome = envelope.body else { throw Unexpected() }
    }

    @Test func theSameRoutingIDUnderAnotherKeyIsAStranger() throws {
        var reception = Reception(peer: Peer(role: .target, name: "target"))
        let one = PeerID([1], identity: Identity(role: .coordinator, name: "one", key: "k"))
        let other = PeerID([1], identity: Identity(role: .draft, name: "other", key: "l"))
        let hello = Envelope(.hello(Hello(peer: Peer(role: .coordinator, name: "one/a"))))
        _ = reception.receive(.message(hello, from: one, bytes: 1), status: Pong(), now: 0)
        let open = Envelope(call: 5, .open(OpenRequest(request: Request(prompt: "a"))))
        for thief in [other, PeerID([1])] {
            let arrival = reception.receive(.message(open, from: thief, bytes: 1), status: Pong(), now: 0)
            guard case .reply(let envelope, thief) = arrival, case .status(let status) = envelope.body else {
                throw Unexpected()
            }
            #expect(status.code == .unauthenticated)
        }
        #expect(reception.strangerCount == 2 && reception[one]?.name == "one/a")
    }

    @Test func whoseKeyIsRevokedIsLostAtTheNextLook() throws {
        var reception = Reception(peer: Peer(role: .target, name: "target"))
        let ids = ["one", "other"].map { PeerID([1], identity: Identity(role: .draft, name: $0, key: $0)) }
        for id in ids + [PeerID([2])] {
            let hello = Envelope(.hello(Hello(peer: Peer(role: .draft, name: "\(id.identity?.name ?? "")/a"))))
            _ = reception.receive(.message(hello, from: id, bytes: 1), status: Pong(), now: 0)
        }
        var news = SecurityNews()
        #expect(reception.take(news, isMember: { _ in false }).isEmpty, "the list is as it was")
        news.isListNew = true
        news.refused = [.key: 3, .handshake: 2]
        news.latest = [.key: "key", .handshake: "handshake"]
        #expect(reception.take(news, isMember: { $0.name != "one" }) == [ids[0]])
        #expect(reception[ids[0]] != nil, "it stays until it is removed, as every peer that is lost")
        _ = reception.receive(.unlisted(key: "one"), status: Pong(), now: 0)
        let told = reception.refusals.takeNews()
        #expect(told.map(\.latest) == ["key", "handshake", "one"], "each reason tells of its own")
        #expect(told.map(\.reason) == [.key, .handshake, .revoked] && told.map(\.count) == [3, 2, 1])
        #expect(reception.refusals.takeNews().isEmpty && reception.refusals.totals.values.reduce(0, +) == 6)
    }
}
