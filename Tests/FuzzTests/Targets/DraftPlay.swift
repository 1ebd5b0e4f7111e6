import ForetokenWire
import OrderedCollections

@testable import Roles
@testable import Speculation

extension FuzzTarget {
    /// A draft whose coordinators and targets say and do anything, in any order.
    static let draft = FuzzTarget("draft", DraftPlay.self)
}

private struct DraftPlay: Play {
    static let vocabularySize = 100
    static let context = 64
    static let slots = 2
    static let targets = ["t0", "t1", "t2"]
    static let rules: [LookaheadRule] = [
        .fixed(4), .marginal, .heuristic, .synchronous(.fixed(3)), .bandit, .goodput, .off, .entropy(threshold: 0.3),
        .classifier(threshold: 0.5, cap: 8), .adaptiveConfidence,
    ]

    var state = DraftState(
        model: DraftModel(slots: slots, contextLength: context, vocabularySize: vocabularySize))
    var now: Seconds = 1000
    private(set) var hasRead = false
    /// Runs that are not over.
    private var runs: [(run: DraftState.Run, order: DraftOrder)] = []
    private var actions: [DraftState.Action] = []

    init(_ tape: inout Tape) {}

    mutating func act(_ tape: inout Tape) throws(Broken) {
        let target = tape.pick(Self.targets)
        // Those alone have a connection.
        let isConnected = self.state.targets[target] != nil
        let caller = Call(owner: PeerID([tape.byte() & 3]), number: 1)
        switch tape.below(13) {
        case 0: self.state.attach(target, key: tape.pick(["", "a", "b"]), for: caller, now: self.now)
        case 1: self.state.attach(target, for: caller, now: self.now)
        case 2: self.state.reached(target)
        case 3 where isConnected: self.mirror(&tape, of: target)
        case 4, 5: try self.endRun(&tape)
        case 6: self.hear(&tape, from: target)
        case 7 where isConnected: self.receive(tape.bytes(), from: target)
        case 8:
            self.now += Double(tape.byte()) / 50
            self.state.tick(now: self.now)
        case 9: self.state.release(UInt64(tape.below(4)), of: target)
        case 10: self.state.lost(target, now: self.now)
        case 11:
            let status = Status(.unavailable, "no")
            if tape.bool() { self.state.refused(target, status, now: self.now) } else { self.state.lose(caller.owner) }
        default:
            self.now += 0.001
            self.state.heard(roundTrip: Double(tape.byte()) / 1000, nil, from: target, now: self.now)
        }
        try self.carryOut()
    }

    mutating func end() throws(Broken) {
        for target in Self.targets { self.state.lost(target, now: self.now) }
        try self.carryOut()
        var tape = Tape([])
        while !self.runs.isEmpty { try self.endRun(&tape) }
        try must(!self.state.isDrafting, "it drafts for nobody")
        try must(self.state.live.isEmpty && self.state.load.sequences == 0, "mirrors of nobody are left")
        self.now += 10_000
        self.state.tick(now: self.now)
        try self.carryOut()
        try must(self.state.targets.isEmpty, "targets that nobody needs are kept")
    }

    // MARK: What happens

    private mutating func mirror(_ tape: inout Tape, of target: String) {
        let tokens = (0...tape.below(40)).map { _ in Token(tape.byte() % 101) }
        let request = MirrorRequest(
            sequence: UInt64(tape.below(4)), tokens: tokens,
            sampling: tape.bool() ? .greedy : Sampling(temperature: 1, seed: 1), lookahead: tape.pick(Self.rules),
            endPosition: tape.below(80), window: tape.bool() ? tape.below(8) : nil)
        self.state.mirror(request, of: target)
    }

    private mutating func endRun(_ tape: inout Tape) throws(Broken) {
        guard !self.runs.isEmpty else { return }
        let (run, order) = self.runs.remove(at: tape.below(self.runs.count))
        self.now += 0.002
        guard tape.byte() < 0xf0 else {
            self.state.runEnded(run, nil, now: self.now)
            return try self.carryOut()
        }
        let count = min(tape.below(9), order.most)
        let tokens = (0..<count).map { _ in
            DraftedToken(
                token: Token(tape.byte() % 100), probability: Float(tape.byte()) / 255,
                entropy: Float(tape.byte()) / 64, margin: Float(tape.byte()) / 255)
        }
        self.hasRead = self.hasRead || count > 0
        self.state.runEnded(
            run, DraftOutcome(tokens: tokens, seconds: 0.001 * Double(count), timedTokens: count), now: self.now)
        try self.carryOut()
    }

    private mutating func hear(_ tape: inout Tape, from target: String) {
        let id = UInt64(tape.below(4))
        let key = DraftState.Key(target: target, sequence: id)
        let mirror = self.state.live[key]?.mirror
        let history = mirror?.history ?? TokenHistory([1])
        // Behind what is known, or with tokens that are known already, or with some missing before.
        let position = max(0, history.count - tape.below(3) + (tape.byte() > 0xf0 ? 2 : 0))
        let ahead = mirror?.ahead.guesses.map(\.token) ?? []
        var tokens = Array(history.tokens.dropFirst(position))
        tokens += ahead.prefix(tape.below(6))
        for _ in 0..<tape.below(3) { tokens.append(Token(tape.byte() % 101)) }
        let whole = TokenHistory(Array(history.tokens.prefix(position)) + tokens)
        let verified = tape.below(8)
        self.state.hear(
            Verdict(
                sequence: id, position: position, tokens: tokens,
                fingerprint: tape.byte() > 0xf8 ? Fingerprint(1) : whole.fingerprint,
                accepted: min(verified, tape.below(8)), verified: verified,
                sentMicroseconds: tape.bool() ? UInt64(self.now * 1e6) - UInt64(tape.byte()) * 100 : 0,
                waitedMicroseconds: UInt32(tape.byte()) * 10, passMicroseconds: UInt32(tape.byte()) * 100,
                rows: tape.below(32)), from: target, now: self.now)
    }

    /// Does with a message what the service does.
    private mutating func receive(_ bytes: [UInt8], from target: String) {
        guard let envelope = try? Envelope(decoding: bytes) else { return }
        switch envelope.body {
        case .pong(let pong): self.state.heard(roundTrip: 0.01, pong.target, from: target, now: self.now)
        case .mirror(let request): self.state.mirror(request, of: target)
        case .verdict(let verdict): self.state.hear(verdict, from: target, now: self.now)
        case .release(let release): self.state.release(release.sequence, of: target)
        default: break
        }
    }

    // MARK: What comes of it

    private mutating func carryOut() throws(Broken) {
        var count = 0
        while self.state.takeActions(&self.actions) {
            count += self.actions.count
            try must(count < 200, "one event has led to \(count) actions")
            for action in self.actions { try self.carryOut(action) }
        }
        try must(self.state.live.count <= Self.slots, "\(self.state.live.count) mirrors in \(Self.slots) slots")
        let slots = Set(self.state.live.values.map(\.slot))
        try must(slots.count == self.state.live.count, "two mirrors have one slot")
        try must(self.state.targets.count <= DraftState.mostTargets, "it has \(self.state.targets.count) targets")
    }

    private mutating func carryOut(_ action: DraftState.Action) throws(Broken) {
        switch action {
        case .begin(let order, let run, _):
            try must((0..<Self.slots).contains(run.slot), "it drafts in slot \(run.slot)")
            try must(!order.feed.isEmpty && order.position >= 0 && order.most >= 1, "an order is empty")
            try must(order.feed.allSatisfy { $0 < Self.vocabularySize }, "a token that is none is computed")
            try must(order.base + order.most <= Self.context + 1, "drafts to \(order.base + order.most)")
            self.runs.append((run, order))
            try must(self.runs.count <= 8 * Self.slots, "\(self.runs.count) runs at once")
        case .cancel(let slot), .empty(let slot): try must((0..<Self.slots).contains(slot), "there is no slot \(slot)")
        case .send(let body, let target):
            try must(self.state.targets[target] != nil, "\(target) is told something, and is not known")
            try must((try? Envelope(decoding: Envelope(body).encoded())) != nil, "a message cannot be read")
            if case .block(let block) = body {
                try must(block.position + block.tokens.count <= Self.context, "a block ends behind the context")
                try must(block.tokens.allSatisfy { $0 < Self.vocabularySize }, "a block holds what is no token")
            }
        case .answer(let body, _):
            try must((try? Envelope(decoding: Envelope(body).encoded())) != nil, "an answer cannot be read")
        case .connect, .disconnect, .log: break
        }
    }
}
