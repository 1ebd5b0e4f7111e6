import ForetokenWire
import OrderedCollections

@testable import Roles
@testable import Speculation

extension FuzzTarget {
    /// A target whose coordinators and drafts say and do anything, in any order.
    static let target = FuzzTarget("target", TargetPlay.self)
}

/// A target's state with a model that writes, behind whatever it is given, the sum of the last two tokens and one more:
/// so every text that it streams can be checked.
private struct TargetPlay: Play {
    static let vocabularySize = 100
    static let context = 64
    static let slots = 3
    static let maxRows = 24
    /// Two coordinators and two drafts, and somebody else.
    static let peers = (0..<5).map { PeerID([UInt8($0)]) }
    static let drafts = ["a": peers[2], "b": peers[3]]
    static let rules: [LookaheadRule] = [.fixed(4), .marginal, .off, .synchronous(.fixed(3)), .bandit, .goodput]

    /// What was streamed on a call.
    struct Text {
        var tokens: [Token]
        var answered: Int
        var isOver = false
    }

    var state = TargetState(
        model: TargetModel(
            slots: slots, maxRows: maxRows, contextLength: context, vocabularySize: vocabularySize,
            bytes: { [UInt8($0 & 0x7f)] }, endOfGeneration: [7]))
    var now: Seconds = 1000
    private(set) var hasRead = false
    private var desk: [UInt64] = []
    private var running: [TargetState.Part]?
    private var texts: [Call: Text] = [:]
    private var calls: UInt64 = 0
    private var alarm = Seconds.infinity
    private var lastSent: [(body: Envelope.Body, peer: PeerID)] = []
    private var actions: [TargetState.Action] = []

    static func next(_ tokens: some BidirectionalCollection<Token>) -> Token {
        Token((tokens.suffix(2).reduce(0) { $0 + Int($1) } + 1) % Self.vocabularySize)
    }

    init(_ tape: inout Tape) {}

    mutating func act(_ tape: inout Tape) throws(Broken) {
        let peer = Self.peers[tape.below(Self.peers.count)]
        switch tape.below(14) {
        case 0, 1: self.open(&tape, for: peer)
        case 2: try self.prepare(&tape)
        case 3, 4: try self.endPass(fails: tape.byte() == 0xff)
        case 5: self.sendBlock(&tape, from: peer)
        case 6: self.receive(tape.bytes(), from: peer)
        case 7:
            let names = ["", "a", "b", "c"]
            let request = AssignRequest(
                sequence: self.sequence(&tape), draft: tape.pick(names), window: tape.bool() ? tape.below(8) : nil,
                takesTurns: tape.bool())
            self.state.assign(
                request, for: Call(owner: peer, number: UInt64(tape.byte())), now: self.now, peer: { Self.drafts[$0] })
        case 8: self.state.cancel(Call(owner: peer, number: UInt64(tape.byte()) << 32))
        case 9: self.state.lose(peer, now: self.now)
        case 10:
            self.now += Double(tape.byte()) / 200
            if self.alarm <= self.now { self.lookAgain() }
        case 11:
            guard let sent = self.lastSent.popLast() else { return }
            self.state.undelivered(sent.body, to: sent.peer, isGone: tape.bool(), now: self.now)
        case 12: self.ask(&tape, from: peer)
        default: self.state.decline(self.sequence(&tape), by: peer, now: self.now)
        }
        try self.carryOut()
    }

    /// Everybody leaves, and the pass that runs ends: nothing is held any more.
    mutating func end() throws(Broken) {
        for peer in Self.peers {
            self.state.lose(peer, now: self.now)
            try self.carryOut()
        }
        while self.running != nil { try self.endPass(fails: false) }
        while !self.desk.isEmpty {
            var tape = Tape([])
            try self.prepare(&tape)
        }
        try must(self.running == nil && !self.state.isPassing, "a pass runs for nobody")
        try must(self.state.live.isEmpty && self.state.load.sequences == 0, "sequences of nobody are left")
        try must(self.state.openings.isEmpty && self.state.openingBytes == 0, "prompts of nobody are left")
    }

    // MARK: What happens

    private func sequence(_ tape: inout Tape) -> UInt64 {
        let known = Array(self.state.live.keys)
        return known.isEmpty || tape.byte() > 0xf0 ? UInt64(tape.byte()) : known[tape.below(known.count)]
    }

    private mutating func open(_ tape: inout Tape, for peer: PeerID) {
        let prompt = (0...tape.below(40)).map { _ in Token(tape.byte() % 8) }
        var committed: [Token] = []
        for _ in 0..<tape.below(6) { committed.append(Self.next(prompt + committed)) }
        let request = Request(
            prompt: .tokens(prompt), committed: committed, maxTokens: tape.below(32), minTokens: tape.below(4),
            ignoresEnd: tape.bool(), stop: tape.bool() ? [String(UnicodeScalar(tape.byte() & 0x7f))] : [])
        self.calls += 1
        self.state.open(
            OpenRequest(
                request: request, draft: tape.pick(["", "a", "b", "c"]), lookahead: tape.pick(Self.rules),
                window: tape.bool() ? tape.below(8) : nil, takesTurns: tape.bool()),
            ofBytes: 10, for: Call(owner: peer, number: self.calls << 32))
    }

    private mutating func prepare(_ tape: inout Tape) throws(Broken) {
        guard !self.desk.isEmpty else { return }
        let ticket = self.desk.remove(at: tape.below(self.desk.count))
        guard let opening = self.state.openings[ticket] else { throw Broken("a prompt on the desk is nobody's") }
        let asked = opening.request.request
        var result: Result<PreparedPrompt, Status> = .failure(Status(.invalidArgument, "cannot be tokenized"))
        let stop = StopStrings(asked.stop)
        switch asked.prompt {
        case .tokens(let tokens) where !tokens.isEmpty && tokens.allSatisfy({ $0 < Self.vocabularySize }):
            result = .success(PreparedPrompt(tokens: tokens, stop: stop))
        case .text(let text) where !text.isEmpty:
            result = .success(PreparedPrompt(tokens: text.utf8.map { Token($0 % 100) }, stop: stop))
        default: break
        }
        if let call = opening.call, case .success(let prepared) = result {
            // A coordinator that asks twice on one call cannot tell the answers apart, and neither can this.
            let isOnlyOne = self.texts[call] == nil
            self.texts[call] = Text(
                tokens: prepared.tokens + asked.committed, answered: asked.committed.count, isOver: !isOnlyOne)
        }
        self.state.prepared(ticket, result, now: self.now, peer: { Self.drafts[$0] })
        try self.carryOut()
    }

    private mutating func endPass(fails: Bool) throws(Broken) {
        guard let parts = self.running else { return }
        self.running = nil
        self.hasRead = true
        self.now += 0.01
        if fails {
            self.state.passEnded(.failure(Status(.internalError, "broken")), now: self.now)
            return try self.carryOut()
        }
        let walks = parts.map { part -> AcceptanceWalk? in
            let pass = part.entry.pass
            guard pass.chooses, let live = self.state.live[part.sequence] else { return nil }
            let ground = live.sequence.history.tokens
            return AcceptanceWalk(
                candidates: pass.candidates, ends: { part.entry.sampler.ending.isEnd($0, among: [7]) }
            ) { row in
                Choice(token: Self.next(ground + pass.candidates.prefix(row)))
            }
        }
        self.state.passEnded(.success(PassOutcome(walks: walks, seconds: 0.01)), now: self.now)
        try self.carryOut()
    }

    private mutating func sendBlock(_ tape: inout Tape, from peer: PeerID) {
        let id = self.sequence(&tape)
        let history = self.state.live[id]?.sequence.history ?? TokenHistory([1])
        // What a draft knows may be older, or taken from its own guesses.
        let known = history.count - min(tape.below(4), history.count - 1)
        var tokens = Array(history.tokens[..<known])
        for _ in 0..<tape.below(4) { tokens.append(Self.next(tokens)) }
        let ground = TokenHistory(tokens)
        for _ in 0..<tape.below(12) { tokens.append(Self.next(tokens)) }
        for _ in 0..<tape.below(4) { tokens.append(Token(tape.byte())) }
        let candidates = Array(tokens[ground.count...])
        guard !candidates.isEmpty else { return }
        let block = Block(
            sequence: id, position: ground.count + (tape.byte() > 0xf8 ? 1 : 0), fingerprint: ground.fingerprint,
            tokens: candidates, acceptances: tape.bool() ? candidates.map { _ in Float(tape.byte()) / 255 } : [],
            sentMicroseconds: UInt64(tape.byte()), roundTripMicroseconds: tape.bool() ? UInt32(tape.byte()) << 8 : nil,
            price: tape.bool() ? Float(tape.byte()) / 255 : nil,
            draftTokenMicroseconds: tape.bool() ? Float(tape.byte()) * 100 : nil)
        self.state.hear(.block(block), ofBytes: 50, from: tape.bool() ? peer : self.draft(of: id), now: self.now)
    }

    private func draft(of sequence: UInt64) -> PeerID { self.state.live[sequence]?.draft ?? Self.peers[2] }

    private mutating func ask(_ tape: inout Tape, from peer: PeerID) {
        let id = self.sequence(&tape)
        let history = self.state.live[id]?.sequence.history ?? TokenHistory([1])
        let ground = TokenHistory(Array(history.tokens[..<(history.count - min(tape.below(8), history.count))]))
        let position = ground.count + (tape.byte() > 0xf0 ? tape.below(100) : 0)
        let message: Mirror.Message =
            tape.bool()
            ? .question(Question(sequence: id, position: position, fingerprint: ground.fingerprint))
            : .abstention(Abstention(sequence: id, position: position, fingerprint: ground.fingerprint))
        self.state.hear(message, ofBytes: 20, from: tape.bool() ? peer : self.draft(of: id), now: self.now)
    }

    /// Does with a message what the service does.
    private mutating func receive(_ bytes: [UInt8], from peer: PeerID) {
        guard let envelope = try? Envelope(decoding: bytes) else { return }
        let call = Call(owner: peer, number: envelope.call & 0xff)
        let (now, count) = (self.now, bytes.count)
        switch envelope.body {
        case .block(let block): self.state.hear(.block(block), ofBytes: count, from: peer, now: now)
        case .question(let question): self.state.hear(.question(question), ofBytes: count, from: peer, now: now)
        case .abstention(let word): self.state.hear(.abstention(word), ofBytes: count, from: peer, now: now)
        case .release(let release): self.state.decline(release.sequence, by: peer, now: now)
        case .open(let request): self.state.open(request, ofBytes: count, for: call)
        case .assign(let request): self.state.assign(request, for: call, now: now, peer: { Self.drafts[$0] })
        case .cancel: self.state.cancel(call)
        default: break
        }
    }

    private mutating func lookAgain() {
        self.alarm = .infinity
        self.state.alarm(now: self.now)
    }

    // MARK: What comes of it

    private mutating func carryOut() throws(Broken) {
        var count = 0
        while self.state.takeActions(&self.actions) {
            count += self.actions.count
            try must(count < 200, "one event has led to \(count) actions")
            for action in self.actions { try self.carryOut(action) }
        }
        try must(self.state.live.count <= Self.slots, "\(self.state.live.count) sequences in \(Self.slots) slots")
        let slots = Set(self.state.live.values.map(\.slot))
        try must(slots.count == self.state.live.count, "two sequences have one slot")
        try must(self.state.openings.count <= self.state.mostOpenings, "\(self.state.openings.count) prompts wait")
    }

    private mutating func carryOut(_ action: TargetState.Action) throws(Broken) {
        switch action {
        case .prepare(_, _, _, let ticket): self.desk.append(ticket)
        case .run(let parts): try self.begin(parts)
        case .send(let body, let peer, let call):
            try self.check(body, for: Call(owner: peer, number: call))
            self.lastSent = self.lastSent.suffix(3) + [(body, peer)]
            self.state.sent(body, ofBytes: 30)
        case .empty(let slot): try must((0..<Self.slots).contains(slot), "slot \(slot) is emptied")
        case .wake(let instant):
            try must(instant.isFinite, "it is to be woken never")
            self.alarm = min(self.alarm, instant)
        case .forget, .log: break
        }
    }

    private mutating func begin(_ parts: [TargetState.Part]) throws(Broken) {
        try must(self.running == nil, "two passes run at once")
        try must(!parts.isEmpty, "a pass has no part")
        let rows = parts.reduce(0) { $0 + $1.entry.pass.rowCount }
        try must(rows <= Self.maxRows, "a pass has \(rows) rows")
        try must(Set(parts.map(\.entry.slot)).count == parts.count, "a slot is twice in a pass")
        for part in parts {
            let pass = part.entry.pass
            guard let live = self.state.live[part.sequence] else { throw Broken("a pass is of nobody's sequence") }
            try must(live.slot == part.entry.slot, "a pass is of another slot")
            try must(!pass.feed.isEmpty && pass.position >= 0, "a pass feeds nothing")
            try must(pass.position + pass.ownRows <= Self.context, "a pass ends behind the context")
            try must(
                (pass.feed + pass.candidates).allSatisfy { $0 < Self.vocabularySize },
                "a token that is none is computed")
            try must(
                Array(live.sequence.history.tokens[pass.position..<pass.position + pass.feed.count]) == pass.feed,
                "other tokens are computed than are committed")
        }
        self.running = parts
    }

    private mutating func check(_ body: Envelope.Body, for call: Call) throws(Broken) {
        let written = Envelope(call: call.number, body).encoded()
        try must((try? Envelope(decoding: written)) != nil, "a message is sent that cannot be read")
        guard var text = self.texts[call], !text.isOver else { return }
        switch body {
        case .committed(let committed):
            try must(committed.index == text.answered, "piece \(committed.index) comes after \(text.answered)")
            for piece in committed.pieces {
                try must(piece.token == Self.next(text.tokens), "another token is streamed than the model writes")
                text.tokens.append(piece.token)
                text.answered += 1
            }
            text.isOver = committed.finish != nil
        case .status(let status) where status.code != .notFound: text.isOver = true
        default: break
        }
        self.texts[call] = text
    }
}
