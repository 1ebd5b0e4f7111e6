internal import ForetokenWire
internal import Speculation

@testable import Roles

/// A coordinator's state as its owner drives it, and what it wanted done.
struct CoordinatorBed {
    struct Sent {
        var member: String
        var call: UInt64
        var body: Envelope.Body
    }

    struct Told {
        var client: PeerID
        var call: UInt64
        var body: Envelope.Body
    }

    var state: CoordinatorState
    var now: Seconds = 0
    private(set) var sent: [Sent] = []
    private(set) var told: [Told] = []
    private(set) var counts: [CoordinatorState.Count] = []
    private(set) var notes: [CoordinatorState.Note] = []
    /// Requests of clients.
    private(set) var asked = 0
    /// What was told of the ends of requests.
    var ends: [TextSummary] { self.notes.compactMap { if case .ended(let text) = $0 { text } else { nil } } }
    /// Members that are reached for, and those that are so no more, in order.
    private(set) var reachings: [Reaching] = []

    enum Reaching: Equatable {
        case connect(String)
        case disconnect(String)
        case forget(PeerID)
    }

    static let client = PeerID([1])
    static let other = PeerID([2])

    init(targets: [String] = ["t0", "t1"], drafts: [String] = [], mostWaiting: Int = 256) {
        self.state = CoordinatorState(targets: targets, drafts: drafts, mostWaiting: mostWaiting)
    }

    /// One whose members are all reached and attached.
    init(
        targets: [String] = ["t0", "t1"], drafts: [String] = [], slots: Int, draftSlots: Int = 4, mostWaiting: Int = 256
    ) {
        self.init(targets: targets, drafts: drafts, mostWaiting: mostWaiting)
        for target in targets { self.reach(target, slots: slots) }
        for draft in drafts { self.reach(draft, slots: draftSlots) }
        self.sent = []
    }

    // MARK: Events

    mutating func act(_ event: (inout CoordinatorState, Seconds) -> Void) {
        event(&self.state, self.now)
        for action in self.state.actions {
            switch action {
            case .toMember(let member, let call, let body):
                self.sent.append(Sent(member: member, call: call, body: body))
            case .toClient(let client, let call, let body):
                self.told.append(Told(client: client, call: call, body: body))
            case .count(let count): self.counts.append(count)
            case .log(let note): self.notes.append(note)
            case .connect(let member, _, _): self.reachings.append(.connect(member))
            case .disconnect(let member): self.reachings.append(.disconnect(member))
            case .forget(let peer): self.reachings.append(.forget(peer))
            }
        }
        self.state.actions.removeAll(keepingCapacity: true)
    }

    static func peer(
        _ member: String, slots: Int = 4, name: String? = nil, model: ModelDescription = model()
    ) -> Peer {
        Peer(role: member.hasPrefix("t") ? .target : .draft, name: name ?? "\(member)'s", model: model, slots: slots)
    }

    /// - Parameter rounding: digest of what exact passes come to; `nil` for none.
    static func model(
        _ name: String = "model", vocabulary: UInt64 = 1, weights: UInt64 = 1, rounding: UInt64? = nil,
        execution: Execution? = nil
    ) -> ModelDescription {
        ModelDescription(
            name: name, parameters: 1, vocabularySize: 64, vocabularyFingerprint: vocabulary,
            weightsFingerprint: weights, contextLength: 64,
            rounding: rounding.map { Rounding(exact: ExactPasses(least: 1, most: 7), fingerprint: $0) },
            execution: execution)
    }

    /// A member greets the coordinator.
    @discardableResult
    mutating func register(_ member: String, by peer: PeerID, name: String? = nil, key: String? = nil) -> Status? {
        var refusal: Status?
        self.act { refusal = $0.registered(member, Self.peer(member, name: name), by: peer, key: key, now: $1) }
        return refusal
    }

    mutating func reach(_ member: String, slots: Int, execution: Execution? = nil) {
        let peer = Self.peer(member, slots: slots, model: Self.model(execution: execution))
        self.act { $0.reached(member, peer, now: $1) }
        self.attach()
    }

    /// Answers the calls that ask drafts to greet targets.
    mutating func attach() {
        while let index = self.sent.firstIndex(where: { if case .attach = $0.body { true } else { false } }) {
            let sent = self.sent.remove(at: index)
            self.receive(.acknowledged, sent.call, from: sent.member)
        }
    }

    mutating func generate(
        _ call: UInt64, client: PeerID = client, committed: [Token] = [], lookahead: LookaheadRule? = nil,
        timeout: UInt32 = 0, bytes: Int = 10, weights: UInt64 = 0
    ) {
        self.asked += 1
        let request = Request(
            prompt: "a text", committed: committed, lookahead: lookahead, weightsFingerprint: weights,
            names: RequestNames(id: RequestID("\(self.asked)")))
        self.act {
            $0.generate(
                request, ofBytes: bytes, client: client, call: call, timeoutMilliseconds: timeout, now: $1)
        }
    }

    mutating func receive(_ body: Envelope.Body, _ call: UInt64, from member: String) {
        self.act { $0.receive(body, call: call, from: member, now: $1) }
    }

    mutating func open(_ sent: Sent, sequence: UInt64) {
        self.receive(.opened(Opened(sequence: sequence, promptTokens: 2)), sent.call, from: sent.member)
    }

    mutating func commit(_ tokens: [Token], at index: Int, of sent: Sent, finish: FinishReason? = nil) {
        let pieces = tokens.map { Piece(token: $0, text: "x", origin: .plain) }
        let statistics = finish == nil ? nil : Statistics()
        let committed = Committed(index: index, pieces: pieces, finish: finish, statistics: statistics)
        self.receive(.committed(committed), sent.call, from: sent.member)
    }

    mutating func hear(
        _ member: String, slots: Int, sequences: Int, target: TargetReport? = nil, drafts: [DraftReport] = []
    ) {
        let load = Load(slots: slots, sequences: sequences)
        self.receive(.pong(Pong(load: load, target: target, drafts: drafts)), 0, from: member)
    }

    mutating func pass(_ seconds: Seconds, ticks: Int = 16) {
        for _ in 0..<ticks {
            self.now += seconds / Double(ticks)
            self.act { $0.tick(now: $1) }
        }
    }

    // MARK: What came of it

    /// Removes and returns what was sent so far.
    mutating func takeSent() -> [Sent] {
        defer { self.sent = [] }
        return self.sent
    }

    /// The requests to open a sequence among what was sent since the last look, which this ends.
    mutating func takeOpens() -> [Sent] {
        self.takeSent().filter { $0.open != nil }
    }

    /// Removes and returns who was reached for, and who no more.
    mutating func takeReachings() -> [Reaching] {
        defer { self.reachings = [] }
        return self.reachings
    }

    mutating func takeTold() -> [Told] {
        defer { self.told = [] }
        return self.told
    }

    /// How calls of clients ended with a status so far.
    var statuses: [UInt64: Status.Code] {
        var codes: [UInt64: Status.Code] = [:]
        for told in self.told { if case .status(let status) = told.body { codes[told.call] = status.code } }
        return codes
    }
}

extension CoordinatorBed.Sent {
    var open: OpenRequest? { if case .open(let request) = self.body { request } else { nil } }
    var assign: AssignRequest? { if case .assign(let request) = self.body { request } else { nil } }
    var isCancel: Bool { self.body == .cancel }
    var isAttach: Bool { if case .attach = self.body { true } else { false } }
}

extension CoordinatorBed.Told {
    var committed: Committed? { if case .committed(let committed) = self.body { committed } else { nil } }
}
