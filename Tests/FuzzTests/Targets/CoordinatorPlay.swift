import ForetokenWire
import Speculation

@testable import Roles

extension FuzzTarget {
    /// A coordinator whose clients and members say and do anything, in any order.
    static let coordinator = FuzzTarget("coordinator", CoordinatorPlay.self)
}

private struct CoordinatorPlay: Play {
    static let targets = ["t0", "t1"]
    /// - Parameter weights: 0 for those that do not tell.
    private static func model(weights: Int) -> ModelDescription {
        ModelDescription(
            name: "model", parameters: 1, vocabularySize: 64, vocabularyFingerprint: 1,
            weightsFingerprint: UInt64(weights), contextLength: 64)
    }
    static let drafts = ["d0", "d1"]
    static let members = targets + drafts
    static let clients = (0..<3).map { PeerID([UInt8($0)]) }
    static let mostWaiting = 8

    struct Sent {
        var member: String
        var call: UInt64
        var body: Envelope.Body
    }

    struct Asked: Hashable {
        var client: PeerID
        var call: UInt64
    }

    var state = CoordinatorState(targets: targets, drafts: drafts, mostWaiting: mostWaiting)
    var now: Seconds = 1000
    private(set) var hasRead = false
    /// Tokens of the answer that each client has, of calls that have not ended.
    private var asked: [Asked: Int] = [:]
    /// What members were asked and have not answered; the latest.
    private var sent: [Sent] = []
    private var lastTold: Asked?

    init(_ tape: inout Tape) {}

    mutating func act(_ tape: inout Tape) throws(Broken) {
        let client = Self.clients[tape.below(Self.clients.count)]
        let member = Self.members[tape.below(Self.members.count)]
        switch tape.below(14) {
        case 0, 1:
            let call = UInt64(tape.below(4))
            let committed = (0..<tape.below(4)).map { Token($0) }
            let rule = tape.pick([nil, LookaheadRule.off, .fixed(4), .marginal])
            self.asked[Asked(client: client, call: call)] = committed.count
            self.state.generate(
                Request(prompt: .tokens([1]), committed: committed, lookahead: rule), client: client, call: call,
                timeoutMilliseconds: UInt32(tape.byte()) * 100, now: self.now)
        case 2: self.state.cancel(client: client, call: UInt64(tape.below(4)), now: self.now)
        case 3:
            self.asked = self.asked.filter { $0.key.client != client }
            self.state.lose(client: client, now: self.now)
        case 4, 5:
            let isTarget = Self.targets.contains(member)
            let role: Role = tape.byte() > 0xf0 ? .client : isTarget ? .target : .draft
            let (start, slots) = (tape.below(2), tape.below(5))
            // One process has another model, and now and then one tells nothing of its weights.
            let weights = slots == 0 ? 0 : member == Self.targets[1] && start == 1 ? 2 : 1
            let peer = Peer(
                role: role, name: "\(member)-\(start)", model: isTarget ? Self.model(weights: weights) : nil,
                slots: slots)
            self.state.reached(member, peer, now: self.now)
        case 6: self.state.lost(member, reason: "gone", now: self.now)
        case 7, 8, 9: self.answer(&tape)
        case 10:
            guard let envelope = try? Envelope(decoding: tape.bytes()) else { return }
            let call = tape.bool() ? envelope.call : self.sent.last?.call ?? 0
            self.state.receive(envelope.body, call: call, from: member, now: self.now)
        case 11:
            self.now += Double(tape.byte()) / 20
            self.state.tick(now: self.now)
        case 12: self.fail(&tape)
        default:
            let slots = tape.below(6)
            let pong = Pong(
                load: Load(slots: slots, sequences: tape.below(slots + 1), isLeaving: slots == 5))
            self.state.receive(.pong(pong), call: 0, from: member, now: self.now)
        }
        try self.carryOut()
    }

    /// All clients leave: nothing is held for them.
    mutating func end() throws(Broken) {
        for client in Self.clients { self.state.lose(client: client, now: self.now) }
        try self.carryOut()
        try must(self.state.jobs.count == 0 && self.state.jobs.clientCount == 0, "requests of nobody are left")
        try must(self.state.load.sequences == 0 && self.state.load.waiting == 0, "it is busy for nobody")
        try must(self.state.jobs.draftless.isEmpty, "sequences of nobody want a draft")
        let most = Self.targets.count * Self.drafts.count
        try must(self.state.calls.count <= most, "\(self.state.calls.count) calls wait for an answer")
    }

    // MARK: What happens

    /// A member answers something that it was asked, as it should or nearly so.
    private mutating func answer(_ tape: inout Tape) {
        guard !self.sent.isEmpty else { return }
        let sent = self.sent[tape.below(self.sent.count)]
        let body: Envelope.Body
        switch sent.body {
        case .open(let open):
            let have = open.request.committed.count
            switch tape.below(4) {
            case 0: body = .opened(Opened(sequence: sent.call, promptTokens: 1))
            case 1, 2:
                let index = max(0, have + tape.below(8) - (tape.byte() > 0xf0 ? 6 : 0))
                let pieces = (0..<tape.below(4)).map { Piece(token: Token($0), text: "a", origin: .plain) }
                let ends = tape.byte() > 0xc0
                body = .committed(
                    Committed(
                        index: index, pieces: pieces, finish: ends ? .length : nil,
                        statistics: ends ? Statistics() : nil))
            default:
                let codes: [Status.Code] = [.resourceExhausted, .unavailable, .invalidArgument, .ok, .notFound]
                body = .status(Status(tape.pick(codes), "no"))
            }
        case .attach: body = tape.bool() ? .acknowledged : .status(Status(.unavailable, "no"))
        case .assign(let assign): body = .assign(AssignRequest(sequence: assign.sequence, draft: ""))
        default: return
        }
        self.state.receive(body, call: sent.call, from: sent.member, now: self.now)
    }

    private mutating func fail(_ tape: inout Tape) {
        let problem: CoordinatorState.Undelivered = tape.bool() ? .unreachable : .full
        if tape.bool(), let sent = self.sent.last {
            self.state.undelivered(problem, to: sent.member, call: sent.call, now: self.now)
        } else if let told = self.lastTold {
            if problem == .unreachable {
                self.asked = self.asked.filter { $0.key.client != told.client }
            } else {
                self.asked[told] = nil
            }
            self.state.undelivered(problem, to: told.client, call: told.call, now: self.now)
        }
    }

    // MARK: What comes of it

    private mutating func carryOut() throws(Broken) {
        let actions = self.state.actions
        self.state.actions = []
        try must(actions.count < 300, "one event has led to \(actions.count) actions")
        for action in actions {
            switch action {
            case .toClient(let client, let call, let body): try self.tell(Asked(client: client, call: call), body)
            case .toMember(let member, let call, let body):
                try must(Self.members.contains(member), "\(member) is no member")
                try must((try? Envelope(decoding: Envelope(body).encoded())) != nil, "a message cannot be read")
                if body != .cancel { self.sent = self.sent.suffix(15) + [Sent(member: member, call: call, body: body)] }
            case .connect, .disconnect, .forget, .count, .log: break
            }
        }
        try must(self.state.load.waiting <= Self.mostWaiting + self.asked.count, "too many requests wait")
    }

    /// Tokens come one after the other, and an end comes once.
    private mutating func tell(_ key: Asked, _ body: Envelope.Body) throws(Broken) {
        guard let have = self.asked[key] else { throw Broken("a client is told of a call that has ended: \(body)") }
        self.lastTold = key
        switch body {
        case .committed(let committed):
            try must(committed.index == have, "piece \(committed.index) comes after \(have)")
            self.asked[key] = committed.finish == nil ? have + committed.pieces.count : nil
            self.hasRead = self.hasRead || !committed.pieces.isEmpty
        case .status: self.asked[key] = nil
        default: throw Broken("a client is told \(body)")
        }
    }
}
