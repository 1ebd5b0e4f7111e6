/// A sequence as its draft keeps it: what is committed as far as the draft knows, and the block in flight.
///
/// Everything in it can be rebuilt from the committed tokens, so a draft can be lost at any time. A value without I/O
/// and clock: the service gives it verdicts and drafted tokens, and carries out what it answers.
public struct Mirror: Sendable {
    public let sequence: UInt64
    /// No token at or beyond it is of use.
    public let endPosition: Int
    /// Prompt and committed tokens.
    public private(set) var history: TokenHistory
    /// The draft's latest measure of the round trip; `nil` before the first.
    public private(set) var roundTrip: Seconds?

    /// With what it has learned.
    public private(set) var lookahead: any Lookahead
    /// Rows of the slot that agree with `history` and the block behind it.
    private var cached = 0

    private enum Phase {
        case idle
        /// Void once what the job stands on was rolled back.
        case drafting(Job, isVoid: Bool)
        /// The rule wanted nothing drafted here; it is asked again when more is committed.
        case resting
        case inFlight(InFlight, askAt: Seconds, asked: Int)
    }

    private struct InFlight {
        var block: Block
        /// The block's tokens, and those behind them that the rule dropped.
        var drafted: [DraftedToken]
        /// When drafting began.
        var beganAt: Seconds
    }

    private var phase = Phase.idle
    /// Whether the target has been told not to wait, and no block or question has gone out since.
    private var hasSaidItRests = false
    private var lastRound: Round?
    /// What was drafted and not sent, until the target's own tokens show what it was worth.
    private var guesses: (position: Int, drafted: [DraftedToken])?

    public init(
        sequence: UInt64, tokens: [Token], endPosition: Int, lookahead: any Lookahead
    ) {
        self.sequence = sequence
        self.endPosition = endPosition
        self.history = TokenHistory(tokens)
        self.lookahead = lookahead
    }

    // MARK: Drafting

    /// What to draft: feed these tokens, then draft while the rule wants more.
    public struct Job: Sendable {
        /// Position of the first row; what the slot holds behind it is to be rolled back.
        public var position: Int
        /// Committed tokens that the slot lacks, at least one.
        public var feed: [Token]
        public var lookahead: any Lookahead
        /// Draft tokens at most.
        public var most: Int

        public init(position: Int, feed: [Token], lookahead: any Lookahead, most: Int) {
            self.position = position
            self.feed = feed
            self.lookahead = lookahead
            self.most = most
        }

        /// Position of the first draft token.
        public var base: Int { self.position + self.feed.count }
    }

    /// Begins to draft, where there is something to draft and nothing in flight.
    ///
    /// - Parameter context: what the rule shares with other sequences.
    public mutating func beginDrafting(in context: inout LookaheadContext) -> Job? {
        guard self.canDraft else { return nil }
        self.lookahead.begin(in: &context)
        if self.hasSaidItRests, !self.lookahead.wantsMore(after: []) {
            self.phase = .resting
            return nil
        }
        return self.beginDrafting()
    }

    private var canDraft: Bool {
        guard case .idle = self.phase else { return false }
        return self.mostTokens > 0 && self.history.count > 0
    }

    /// Begins to draft with a rule that shares nothing.
    public mutating func beginDrafting() -> Job? {
        guard self.canDraft else { return nil }
        // The last committed token is fed again where the slot has it: its row is what the next token comes from.
        let position = min(self.cached, self.history.count - 1)
        let job = Job(
            position: position, feed: Array(self.history.tokens[position...]), lookahead: self.lookahead,
            most: min(self.mostTokens, LookaheadRule.mostTokens))
        self.phase = .drafting(job, isVoid: false)
        return job
    }

    /// The target adds a token of its own to every block.
    private var mostTokens: Int { self.endPosition - self.history.count - 1 }

    /// Takes what was drafted, and makes a block of what still agrees with the history.
    ///
    /// - Parameter outlook: what the draft knows of the target, for the block to tell.
    /// - Returns: the block to send; `nil` where nothing is left.
    public mutating func finishDrafting(
        _ drafted: [DraftedToken], seconds: Seconds, now: Seconds, outlook: Outlook? = nil
    ) -> Block? {
        guard case .drafting(let job, let isVoid) = self.phase else { return nil }
        self.phase = .idle
        guard !isVoid else { return nil }
        // Committed meanwhile: tokens behind the base.
        let tokens = drafted.map(\.token)
        let overlap = self.history.count - job.base
        let agreed = self.history.agreement(with: tokens, at: job.base)
        let agrees = agreed == overlap
        // The last draft token was not fed to the draft.
        let rows = job.base + max(0, tokens.count - 1)
        self.cached = min(rows, job.base + (agrees ? tokens.count : agreed))
        guard agrees, tokens.count >= overlap else {
            self.guesses = (job.base, drafted)
            self.judgeGuesses()
            return nil
        }
        let fresh = Array(drafted[overlap...])
        let count = min(max(self.lookahead.sendCount(of: fresh), 0), fresh.count)
        guard count > 0 else {
            self.cached = min(self.cached, self.history.count)
            self.guesses = (job.base, drafted)
            self.judgeGuesses()
            // Where nothing is left of more, the next job drafts on from here.
            return overlap == 0 || !fresh.isEmpty ? self.rest(now, outlook) : nil
        }
        let sent = fresh[..<count]
        var block = Block(
            sequence: self.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
            tokens: sent.map(\.token), probabilities: sent.map(\.probability),
            draftingMicroseconds: UInt32(clamping: microseconds(seconds)),
            roundTripMicroseconds: self.roundTripMicroseconds, rests: !self.lookahead.isAwaited)
        outlook?.sign(&block, of: Array(sent))
        return self.send(InFlight(block: block, drafted: fresh, beganAt: now - seconds), now)
    }

    /// Drafts nothing until more is committed, and tells the target once not to wait.
    private mutating func rest(_ now: Seconds, _ outlook: Outlook?) -> Block? {
        self.phase = .resting
        guard !self.hasSaidItRests else { return nil }
        self.hasSaidItRests = true
        var block = Block(
            sequence: self.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
            sentMicroseconds: microseconds(now), roundTripMicroseconds: self.roundTripMicroseconds, rests: true)
        outlook?.sign(&block, of: [])
        return block
    }

    private var roundTripMicroseconds: UInt32 { UInt32(clamping: microseconds(self.roundTrip ?? 0)) }

    // MARK: Verdicts

    /// Takes a verdict, or news.
    ///
    /// - Returns: a block to send: a question, where the verdict does not join what is known here, or the block in
    ///   flight again, where the target has not got it.
    public mutating func receive(_ verdict: Verdict, now: Seconds) -> Block? {
        guard let ground = self.history.fingerprint(at: verdict.position) else { return self.question(now) }
        guard ground.appending(verdict.tokens) == verdict.fingerprint else {
            // What stands here before the verdict is not what the target has, and the answer will begin at 0. Before
            // position 0 nothing stands: such a verdict contradicts itself.
            return verdict.position > 0 ? self.question(now) : nil
        }
        let end = verdict.position + verdict.tokens.count
        let agreed = self.history.agreement(with: verdict.tokens, at: verdict.position)
        if agreed < verdict.tokens.count {
            self.rollBack(to: verdict.position + agreed)
            self.history.append(contentsOf: verdict.tokens[agreed...])
            if case .resting = self.phase { self.phase = .idle }
            self.judgeGuesses()
        }
        guard case .inFlight(let inFlight, _, let asked) = self.phase else { return nil }
        let block = inFlight.block
        let isAnswer = verdict.sentMicroseconds == block.sentMicroseconds
        if isAnswer, verdict.passMicroseconds > 0 { self.measure(verdict, now) }
        guard case .usable = HeldBlocks.standing(of: block, on: self.history) else {
            self.close(inFlight, isAnswered: isAnswer && verdict.verified > 0, now)
            return nil
        }
        // Still of use to the target. The answer to a question shows that the target waits for it, so it was lost.
        return asked > 0 && end == self.history.count ? self.send(inFlight, now) : nil
    }

    /// Learns what became of a block that is decided: by the pass that checked it, or by what the target wrote before it
    /// came, which tells what its tokens were worth, but not what a block brings.
    private mutating func close(_ inFlight: InFlight, isAnswered: Bool, _ now: Seconds) {
        let (position, drafted) = (inFlight.block.position, inFlight.drafted)
        let agreed = self.history.agreement(with: drafted.map(\.token), at: position)
        let known = min(drafted.count, self.history.count - position)
        let round = Round(
            drafted: drafted, sent: isAnswered ? inFlight.block.tokens.count : 0, agreed: agreed,
            judged: min(agreed + 1, known), seconds: max(0, now - inFlight.beganAt))
        if isAnswered {
            self.lookahead.learn(
                accepted: round.accepted, of: Array(drafted[..<round.sent]), seconds: round.seconds)
        }
        self.lastRound = round
        self.cached = min(self.cached, position + agreed)
        self.phase = .idle
    }

    /// Learns what guesses were worth, once the target has gone on.
    private mutating func judgeGuesses() {
        guard let (position, drafted) = self.guesses, self.history.count > position else { return }
        self.guesses = nil
        let agreed = self.history.agreement(with: drafted.map(\.token), at: position)
        let known = min(drafted.count, self.history.count - position)
        self.lastRound = Round(
            drafted: drafted, sent: 0, agreed: agreed, judged: min(agreed + 1, known), seconds: 0)
    }

    /// The round that the last verdict ended, once; with nothing sent, where it judged guesses only.
    public mutating func takeRound() -> Round? {
        defer { self.lastRound = nil }
        return self.lastRound
    }

    private mutating func send(_ inFlight: InFlight, _ now: Seconds) -> Block {
        var inFlight = inFlight
        self.hasSaidItRests = inFlight.block.rests
        inFlight.block.sentMicroseconds = microseconds(now)
        self.phase = .inFlight(inFlight, askAt: now + self.patience(asked: 0), asked: 0)
        return inFlight.block
    }

    private mutating func rollBack(to position: Int) {
        guard position < self.history.count else { return }
        self.history.rollBack(to: position)
        self.guesses = nil
        self.cached = min(self.cached, position)
        switch self.phase {
        case .drafting(let job, _) where job.base > position: self.phase = .drafting(job, isVoid: true)
        case .inFlight(let inFlight, _, _) where inFlight.block.position > position: self.phase = .idle
        default: break
        }
    }

    private mutating func measure(_ verdict: Verdict, _ now: Seconds) {
        let atTarget = UInt64(verdict.waitedMicroseconds) + UInt64(verdict.passMicroseconds)
        let sample = now - Seconds(verdict.sentMicroseconds + atTarget) * 1e-6
        guard sample >= 0 else { return }
        self.roundTrip = self.roundTrip.map { $0 + (sample - $0) / 8 } ?? sample
    }

    // MARK: Silence

    /// Asks the target where it stands, when a verdict is overdue.
    public mutating func tick(now: Seconds) -> Block? {
        guard case .inFlight(_, let askAt, _) = self.phase, now >= askAt else { return nil }
        return self.question(now)
    }

    /// When `tick` has something to do; `nil` while nothing is awaited.
    public var nextTick: Seconds? {
        if case .inFlight(_, let askAt, _) = self.phase { askAt } else { nil }
    }

    private mutating func question(_ now: Seconds) -> Block? {
        // Whoever asks is waited for.
        self.hasSaidItRests = false
        if case .inFlight(let inFlight, _, let asked) = self.phase {
            self.phase = .inFlight(inFlight, askAt: now + self.patience(asked: asked + 1), asked: asked + 1)
        }
        return Block(
            sequence: self.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
            sentMicroseconds: microseconds(now))
    }

    /// Long enough for passes of other sequences; twice as long after each question without an answer.
    private func patience(asked: Int) -> Seconds {
        min((0.25 + 4 * (self.roundTrip ?? 0)) * Seconds(1 << min(asked, 6)), 5)
    }
}
