internal import ForetokenWire
internal import OrderedCollections
internal import Testing

@testable import Roles
@testable import Speculation

/// A target on a test bed. Its model writes, behind whatever it is given, the sum of the last two tokens and one more;
/// passes take 0.1 s. What it sends is kept.
struct TargetBed {
    static let vocabularySize = 100
    static let owner = PeerID([1])
    static let draft = PeerID([2])
    static let other = PeerID([3])

    struct Sent {
        var body: Envelope.Body
        var peer: PeerID
        var call: UInt64
    }

    var state: TargetState
    var now: Seconds = 100
    var sent: [Sent] = []
    var events: [TargetState.Event] = []
    var emptied: [Int] = []
    var forgotten: [PeerID] = []
    var wakes: [Seconds] = []
    /// Prompts on the desk, by ticket.
    var desk: [UInt64: PromptForm] = [:]
    /// The pass that runs.
    var running: [TargetState.Part]?
    var passes: [[TargetState.Part]] = []
    /// What was done, in order, by its kind.
    var order: [String] = []
    /// Names of drafts that have greeted.
    var drafts = ["draft": Self.draft, "other": Self.other]
    private var actions: [TargetState.Action] = []

    init(slots: Int = 2, context: Int = 200, maxRows: Int = 64) {
        self.state = TargetState(
            model: TargetModel(
                slots: slots, maxRows: maxRows, contextLength: context, vocabularySize: Self.vocabularySize))
    }

    static func next(_ tokens: some BidirectionalCollection<Token>) -> Token {
        Token((tokens.suffix(2).reduce(0) { $0 + Int($1) } + 1) % vocabularySize)
    }

    /// What the target writes behind a prompt.
    static func text(_ prompt: [Token], count: Int) -> [Token] {
        var tokens = prompt
        for _ in 0..<count { tokens.append(Self.next(tokens)) }
        return Array(tokens[prompt.count...])
    }

    static func request(
        _ prompt: [Token] = [1, 2, 3], most: Int = 20, draft: String = "", rule: LookaheadRule = .fixed(4),
        window: Int? = nil
    ) -> OpenRequest {
        OpenRequest(
            request: Request(prompt: .tokens(prompt), maxTokens: most), draft: draft, lookahead: rule, window: window)
    }

    // MARK: Events

    /// Opens a sequence, and has its prompt prepared at once.
    mutating func open(_ request: OpenRequest, call: UInt64 = 1, owner: PeerID = Self.owner, bytes: Int = 10) {
        self.state.open(request, ofBytes: bytes, for: Call(owner: owner, number: call))
        self.carryOut()
        self.prepareAll()
    }

    mutating func prepareAll() {
        for (ticket, form) in self.desk.sorted(by: { $0.key < $1.key }) {
            self.desk[ticket] = nil
            guard case .tokens(let tokens) = form else { continue }
            let drafts = self.drafts
            self.state.prepared(
                ticket, .success(PreparedPrompt(tokens: tokens, stop: .none)), now: self.now, peer: { drafts[$0] })
            self.carryOut()
        }
    }

    mutating func assign(
        _ sequence: UInt64, to draft: String, call: UInt64 = 1, owner: PeerID = Self.owner, window: Int? = nil,
        takesTurns: Bool = false
    ) {
        let drafts = self.drafts
        self.state.assign(
            AssignRequest(sequence: sequence, draft: draft, window: window, takesTurns: takesTurns),
            for: Call(owner: owner, number: call), now: self.now, peer: { drafts[$0] })
        self.carryOut()
    }

    mutating func hear(_ message: Mirror.Message, from peer: PeerID = Self.draft) {
        self.state.hear(message, ofBytes: 50, from: peer, now: self.now)
        self.carryOut()
    }

    /// What the draft of a test sends: the next tokens of the target's own, and then wrong ones.
    func block(_ right: Int, wrong: Int = 0, of sequence: UInt64 = 1) throws -> Mirror.Message {
        let history = try #require(self.state.live[sequence]).sequence.history
        let tokens = Self.text(history.tokens, count: right)
        return .block(
            Block(
                sequence: sequence, position: history.count, fingerprint: history.fingerprint,
                tokens: tokens + Array(repeating: 99, count: wrong), sentMicroseconds: 7))
    }

    /// Ends the pass that runs.
    mutating func pass() throws {
        let parts = try #require(self.running)
        self.running = nil
        self.now += 0.1
        let walks = parts.map { part -> AcceptanceWalk? in
            let pass = part.entry.pass
            guard pass.chooses, let live = self.state.live[part.sequence] else { return nil }
            let ground = live.sequence.history.tokens
            return AcceptanceWalk(candidates: pass.candidates, ends: { _ in false }) { row in
                Choice(token: Self.next(ground + pass.candidates.prefix(row)))
            }
        }
        self.state.passEnded(.success(PassOutcome(walks: walks, seconds: 0.1)), now: self.now)
        self.carryOut()
    }

    mutating func failPass() throws {
        _ = try #require(self.running)
        self.running = nil
        self.state.passEnded(.failure(Status(.internalError, "broken")), now: self.now)
        self.carryOut()
    }

    mutating func lose(_ peer: PeerID) {
        self.state.lose(peer, now: self.now)
        self.carryOut()
    }

    mutating func carryOut() {
        while self.state.takeActions(&self.actions) {
            for action in self.actions { self.carryOut(action) }
        }
    }

    private mutating func carryOut(_ action: TargetState.Action) {
        switch action {
        case .prepare(let prompt, _, _, let ticket): self.desk[ticket] = prompt
        case .run(let parts):
            #expect(self.running == nil, "one pass at a time")
            (self.running, self.passes) = (parts, self.passes + [parts])
            self.order.append("run")
        case .send(let body, let peer, let call):
            self.sent.append(Sent(body: body, peer: peer, call: call))
            self.order.append(body.kind)
            self.state.sent(body, ofBytes: 30)
        case .empty(let slot): self.emptied.append(slot)
        case .wake(let instant): self.wakes.append(instant)
        case .forget(let peer): self.forgotten.append(peer)
        case .log(let event): self.events.append(event)
        }
    }

    // MARK: What came of it

    /// Takes out what was sent to a peer.
    mutating func take(for peer: PeerID = Self.owner) -> [Envelope.Body] {
        defer { self.sent.removeAll { $0.peer == peer } }
        return self.sent.filter { $0.peer == peer }.map(\.body)
    }

    /// The first of what was sent to a peer, all of which is taken out.
    mutating func takeFirst(for peer: PeerID) throws -> Envelope.Body {
        let bodies = self.take(for: peer)
        return try #require(bodies.first)
    }

    func statuses(of call: UInt64, for peer: PeerID = Self.owner) -> [Status.Code] {
        self.sent.filter { $0.peer == peer && $0.call == call }.compactMap {
            if case .status(let status) = $0.body { status.code } else { nil }
        }
    }

    /// Tokens streamed on a call.
    func tokens(of call: UInt64 = 1) -> [Token] {
        self.sent.filter { $0.call == call }.flatMap { sent -> [Token] in
            if case .committed(let committed) = sent.body { committed.pieces.map(\.token) } else { [] }
        }
    }
}

extension Envelope.Body {
    /// Its name, for telling in which order things happened.
    var kind: String { String("\(self)".prefix { $0 != "(" }) }

    var isNoDraft: Bool {
        if case .assign(let news) = self { news.draft.isEmpty } else { false }
    }
}
