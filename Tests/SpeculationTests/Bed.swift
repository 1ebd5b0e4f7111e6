@testable import Speculation

/// A sequence on a test bed: token `t` is the byte `t`, token 0 ends the generation, and the vocabulary has 200.
struct Bed {
    var sequence: TargetSequence
    var now: Seconds = 100
    /// What a pass would take without draft tokens.
    var alone: Seconds = 0.08
    /// Everything committed so far.
    var pieces: [Piece] = []

    static func bytes(_ token: Token) -> [UInt8] { [UInt8(token)] }
    static func ends(_ token: Token) -> Bool { token == 0 }

    init(
        prompt: [Token] = [1, 2, 3], committed: [Token] = [], limit: Int = 50, stop: [String] = [],
        rule: LookaheadRule? = nil
    ) {
        self.sequence = TargetSequence(
            id: 1, prompt: prompt, committed: committed, endPosition: prompt.count + limit, stop: StopStrings(stop),
            vocabularySize: 200, now: self.now, rule: rule, bytes: Self.bytes, ends: Self.ends)
    }

    /// A bed past its prefill, with a draft that has been heard.
    static func withDraft(limit: Int = 50, stop: [String] = [], rule: LookaheadRule? = nil) throws -> Bed {
        var bed = Bed(limit: limit, stop: stop, rule: rule)
        bed.sequence.attachDraft()
        bed.pass(own: [10])
        _ = try bed.send([11], after: 0.010)
        bed.pass(own: [11, 12])
        return bed
    }

    /// A block on what is committed before `position`.
    func block(_ tokens: [Token], at position: Int? = nil, behind: [Token] = []) -> Block {
        let position = position ?? self.sequence.history.count
        let ground = self.sequence.history.fingerprint(at: min(position, self.sequence.history.count))!
        return Block(
            sequence: 1, position: position + behind.count, fingerprint: ground.appending(behind), tokens: tokens,
            sentMicroseconds: 77, draftingMicroseconds: 1000, roundTripMicroseconds: 5000)
    }

    /// A question of a draft that knows what is committed before `position`.
    func question(at position: Int? = nil) -> Question {
        let position = position ?? self.sequence.history.count
        return Question(
            sequence: 1, position: position, fingerprint: self.sequence.history.fingerprint(at: position)!,
            sentMicroseconds: 77)
    }

    /// The word of a draft that knows all that is committed.
    func abstention(price: Float? = nil) -> Abstention {
        Abstention(
            sequence: 1, position: self.sequence.history.count, fingerprint: self.sequence.history.fingerprint,
            price: price)
    }

    @discardableResult
    mutating func send(_ tokens: [Token], at position: Int? = nil, after delay: Seconds = 0) throws -> Verdict? {
        self.now += delay
        return try self.sequence.receive(self.block(tokens, at: position), now: self.now)
    }

    /// Runs a pass of 0.1 s in which the target chooses `own`.
    @discardableResult
    mutating func pass(own: [Token], rows: Int = 64, chunk: Int = 32) -> (
        pass: TargetSequence.Pass, settlement: TargetSequence.Settlement
    ) {
        let pass = self.sequence.beginPass(now: self.now, rows: rows, chunk: chunk)
        return (pass, self.settle(pass, own: own))
    }

    @discardableResult
    mutating func settle(_ pass: TargetSequence.Pass, own: [Token]) -> TargetSequence.Settlement {
        var walk: AcceptanceWalk?
        if pass.chooses {
            walk = AcceptanceWalk(candidates: pass.candidates, ends: Self.ends) { Choice(token: own[$0]) }
        }
        self.now += 0.1
        let settlement = self.sequence.settle(
            pass, walk: walk, seconds: 0.1, alone: self.alone, now: self.now, bytes: Self.bytes, ends: Self.ends)
        self.pieces += settlement.pieces
        return settlement
    }
}

extension TargetSequence {
    enum Readiness: Equatable {
        case ready
        case waiting(until: Seconds)
        case busy
        case finished
    }

    /// Whether a sequence that the target has for itself goes into a pass that begins now.
    mutating func readiness(now: Seconds) -> Readiness {
        switch self.standing() {
        case .finished: return .finished
        case .busy: return .busy
        case .open(let offer):
            guard case .awaiting(_, let waiting, let since) = offer,
                case .wait(let until) = waiting.choose(
                    since: since, now: now, others: 0, rate: 0, cost: { _ in 0 })
            else { return .ready }
            self.wait()
            return .waiting(until: until)
        }
    }

    /// - Parameters:
    ///   - rows: room in the pass.
    ///   - chunk: pieces of a prefill begin at its multiples.
    mutating func beginPass(now: Seconds, rows: Int, chunk: Int, exact: ExactPasses? = nil) -> Pass {
        guard case .open(let offer) = self.standing() else { preconditionFailure("not open") }
        var feed = offer.feed
        if case .prefill(let prefill) = offer { feed = min(feed, chunk - prefill.position % chunk) }
        return self.beginPass(now: now, feed: feed, candidates: max(0, rows - feed), exact: exact)
    }
}
