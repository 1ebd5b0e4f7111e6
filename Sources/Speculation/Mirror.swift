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

    private var lookahead: any Lookahead
    /// Rows of the slot that agree with `history` and the block behind it.
    private var cached = 0

    private enum Phase {
        case idle
        case drafting(Job)
        case inFlight(Block, askAt: Seconds, asked: Int)
    }

    private var phase = Phase.idle

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

        /// Position of the first draft token.
        public var base: Int { self.position + self.feed.count }
    }

    /// Begins to draft, where there is something to draft and nothing in flight.
    public mutating func beginDrafting() -> Job? {
        guard case .idle = self.phase, self.mostTokens > 0 else { return nil }
        // The last committed token is fed again where the slot has it: its row is what the next token comes from.
        let position = min(self.cached, self.history.count - 1)
        let job = Job(
            position: position, feed: Array(self.history.tokens[position...]), lookahead: self.lookahead,
            most: min(self.mostTokens, LookaheadRule.mostTokens))
        self.phase = .drafting(job)
        return job
    }

    /// The target adds a token of its own to every block.
    private var mostTokens: Int { self.endPosition - self.history.count - 1 }

    /// Takes what was drafted, and makes a block of what still agrees with the history.
    ///
    /// - Returns: the block to send; `nil` where nothing is left, and drafting is to begin anew.
    public mutating func finishDrafting(_ drafted: [DraftedToken], seconds: Seconds, now: Seconds) -> Block? {
        guard case .drafting(let job) = self.phase else { return nil }
        self.phase = .idle
        let tokens = drafted.map(\.token)
        let rows = job.base + max(0, tokens.count - 1)
        // Committed meanwhile: a tail may have been rolled back, and tokens have been added behind the base.
        guard self.history.count >= job.base else {
            self.cached = min(self.cached, self.history.count)
            return nil
        }
        let overlap = self.history.count - job.base
        let agreed = self.history.agreement(with: tokens, at: job.base)
        self.cached = min(rows, job.base + agreed + (agreed == overlap ? tokens.count - agreed : 0))
        guard agreed == overlap, tokens.count > overlap else { return nil }
        let block = Block(
            sequence: self.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
            tokens: Array(tokens[overlap...]), probabilities: drafted[overlap...].map(\.probability),
            sentMicroseconds: microseconds(now), draftingMicroseconds: UInt32(clamping: microseconds(seconds)),
            roundTripMicroseconds: UInt32(clamping: microseconds(self.roundTrip ?? 0)))
        self.phase = .inFlight(block, askAt: now + self.patience(asked: 0), asked: 0)
        return block
    }

    // MARK: Verdicts

    /// Takes a verdict, or news.
    ///
    /// - Returns: a block to send: a question, where the verdict does not join what is known here, or the block in
    ///   flight again, where the target has not got it.
    public mutating func receive(_ verdict: Verdict, now: Seconds) -> Block? {
        guard verdict.position <= self.history.count else { return self.question(now) }
        let agreed = self.history.agreement(with: verdict.tokens, at: verdict.position)
        if agreed < verdict.tokens.count {
            self.rollBack(to: verdict.position + agreed)
            self.history.append(contentsOf: verdict.tokens[agreed...])
        }
        let end = verdict.position + verdict.tokens.count
        guard self.history.fingerprint(at: end) == verdict.fingerprint else {
            // What stands before the verdict is not what the target has; the answer to this will begin at 0.
            self.rollBack(to: verdict.position)
            return verdict.position > 0 ? self.question(now) : nil
        }
        guard case .inFlight(var block, _, let asked) = self.phase else { return nil }
        if verdict.sentMicroseconds == block.sentMicroseconds, verdict.passMicroseconds > 0 {
            self.measure(verdict, now)
        }
        guard case .usable = HeldBlocks.standing(of: block, on: self.history) else {
            let accepted = self.history.agreement(with: block.tokens, at: block.position)
            self.lookahead.learn(accepted: accepted, of: block.tokens.count)
            self.cached = min(self.cached, block.position + accepted)
            self.phase = .idle
            return nil
        }
        // Still of use to the target. The answer to a question shows that the target waits for it, so it was lost.
        guard asked > 0, end == self.history.count else { return nil }
        block.sentMicroseconds = microseconds(now)
        self.phase = .inFlight(block, askAt: now + self.patience(asked: 0), asked: 0)
        return block
    }

    private mutating func rollBack(to position: Int) {
        guard position < self.history.count else { return }
        self.history.rollBack(to: position)
        self.cached = min(self.cached, position)
        switch self.phase {
        case .drafting(var job) where job.base > position:
            // What is being drafted stands on tokens that are gone; nothing of it will agree.
            job.feed.removeAll()
            job.position = .max
            self.phase = .drafting(job)
        case .inFlight(let block, _, _) where block.position > position:
            self.phase = .idle
        default:
            break
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
        if case .inFlight(let block, _, let asked) = self.phase {
            self.phase = .inFlight(block, askAt: now + self.patience(asked: asked + 1), asked: asked + 1)
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
