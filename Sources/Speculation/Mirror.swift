/// A sequence as its draft keeps it: what is committed as far as the draft knows, and the draft tokens behind that.
///
/// The draft does not stop when a block is sent: it goes on from its own tokens, and sends further blocks ahead of the
/// verdict, as far as a window reaches (Liu et al., "PEARL", arXiv 2408.11850; McDanel, "AMUSD", arXiv 2410.17375). A
/// verdict that agrees costs nothing; one that does not takes back what stands behind the first wrong token, and nothing
/// else.
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

    /// A block on its way.
    private struct InFlight {
        var block: Block
        /// The block's tokens, and those behind them that the rule dropped.
        var drafted: [DraftedToken]
        /// Leading tokens that the rule was not asked for: the target's own token behind the block before.
        var lead: Int
        /// When drafting began.
        var beganAt: Seconds
        /// Tokens of it that passes have checked.
        var checked = 0
    }

    private struct Run {
        var job: Job
        /// Where what it stands on was taken back.
        var divergedAt: Int?
    }

    /// Draft tokens behind the history, from the blocks in flight, and the probability that all up to each are accepted.
    private var ahead: [(token: Token, survival: Double)] = []
    /// Each stands on those before it.
    private var blocks: [InFlight] = []
    private var run: Run?
    /// Rows of the slot that agree with the history and the tokens ahead of it.
    private var cached = 0
    /// The rule wanted nothing drafted here; it is asked again when more is committed.
    private var isResting = false
    /// How often the target has been told so since the last block or question.
    private var rests = 0
    private var rounds: [Round] = []
    /// What was drafted and not sent, until the target's own tokens show what it was worth.
    private var guesses: (position: Int, drafted: [DraftedToken])?
    /// When to ask for an overdue verdict, and how often that was done in a row.
    private var askAt: Seconds = 0
    private var asked = 0

    public init(
        sequence: UInt64, tokens: [Token], endPosition: Int, lookahead: any Lookahead
    ) {
        self.sequence = sequence
        self.endPosition = endPosition
        self.history = TokenHistory(tokens)
        self.lookahead = lookahead
    }

    /// The slot holds the first tokens of the sequence already, so many of them.
    public mutating func reuse(_ count: Int) {
        self.cached = max(0, min(count, self.history.count))
    }

    /// Tokens that the slot holds for sure.
    public var held: ArraySlice<Token> { self.history.tokens[..<min(self.cached, self.history.count)] }

    // MARK: Drafting

    /// Tokens that are less likely ever to count are not worth a message.
    private static let leastSurvival = 0.02
    /// After so many words in a row that nothing is worth sending, no more is said, and nothing is waited for.
    static let mostRests = 4
    /// Blocks in flight at most.
    private static let mostBlocks = 16

    /// Begins to draft, where there is something to draft.
    ///
    /// - Parameter context: what the rule shares with other sequences.
    public mutating func beginDrafting(
        in context: inout LookaheadContext, window: Window = .synchronous
    ) -> Job? {
        guard self.run == nil, !self.isResting, self.history.count > 0, self.mostTokens > 0 else { return nil }
        guard self.blocks.isEmpty else { return self.draftAhead(in: context, window) }
        self.lookahead.begin(in: &context)
        if self.rests == Self.mostRests, !self.lookahead.wantsMore(after: []) {
            self.isResting = true
            return nil
        }
        return self.begin(most: self.mostTokens, lead: 0)
    }

    /// Begins to draft with a rule that shares nothing.
    public mutating func beginDrafting() -> Job? {
        guard self.run == nil, !self.isResting, self.history.count > 0, self.mostTokens > 0, self.blocks.isEmpty
        else { return nil }
        return self.begin(most: self.mostTokens, lead: 0)
    }

    private mutating func draftAhead(in context: LookaheadContext, _ window: Window) -> Job? {
        let room = min(self.mostTokens, window.tokens) - self.ahead.count
        guard room > 1, self.blocks.count < Self.mostBlocks, self.ahead.last?.survival ?? 1 > Self.leastSurvival
        else { return nil }
        var context = context
        if window.isIdle { context.price.perDraftToken = 0 }
        self.lookahead.beginAhead(in: context)
        return self.begin(most: room, lead: 1)
    }

    private mutating func begin(most: Int, lead: Int) -> Job {
        let count = self.history.count
        // The last token is fed again where the slot has it: its row is what the next token comes from.
        let position = min(self.cached, count + self.ahead.count - 1)
        let feed =
            self.history.tokens[min(position, count)...] + self.ahead.dropFirst(max(0, position - count)).map(\.token)
        var job = Job(
            position: position, feed: Array(feed), lookahead: self.lookahead, most: min(most, LookaheadRule.mostTokens))
        job.lead = lead
        self.run = Run(job: job)
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
        guard let run = self.run else { return nil }
        self.run = nil
        let (job, tokens) = (run.job, drafted.map(\.token))
        // The last draft token was not fed to the draft.
        let rows = job.base + max(0, tokens.count - 1)
        if let position = run.divergedAt, position < job.base {
            self.cached = min(rows, position)
            return nil
        }
        // Committed meanwhile: tokens behind the base.
        let overlap = max(0, self.history.count - job.base)
        let agreed = overlap > 0 ? self.history.agreement(with: tokens, at: job.base) : 0
        self.cached = min(rows, job.base + (agreed == overlap ? tokens.count : agreed))
        guard agreed == overlap else {
            self.guesses = (job.base, drafted)
            self.judgeGuesses()
            return nil
        }
        let fresh = Array(drafted[overlap...])
        let lead = min(max(0, job.lead - overlap), fresh.count)
        let asked = Array(fresh[lead...])
        let count = min(max(self.lookahead.sendCount(of: asked), 0), asked.count)
        guard count > 0 else {
            self.cached = min(self.cached, self.history.count + self.ahead.count)
            // Nothing more is worth it ahead of a verdict; or the whole block was overtaken, and the next goes on here.
            guard self.blocks.isEmpty, overlap == 0 || !fresh.isEmpty else {
                self.isResting = !self.blocks.isEmpty
                return nil
            }
            self.guesses = (job.base, drafted)
            self.judgeGuesses()
            return self.rest(now, outlook)
        }
        return self.send(fresh, count: lead + count, lead: lead, seconds: seconds, now, outlook)
    }

    private mutating func send(
        _ drafted: [DraftedToken], count: Int, lead: Int, seconds: Seconds, _ now: Seconds, _ outlook: Outlook?
    ) -> Block {
        let sent = drafted[..<count]
        var block = Block(
            sequence: self.sequence, position: self.history.count + self.ahead.count,
            fingerprint: self.history.fingerprint.appending(self.ahead.lazy.map(\.token)), tokens: sent.map(\.token),
            probabilities: sent.map(\.probability), sentMicroseconds: microseconds(now),
            draftingMicroseconds: UInt32(clamping: microseconds(seconds)),
            roundTripMicroseconds: self.roundTripMicroseconds)
        outlook?.sign(&block, of: Array(sent))
        var survival = self.ahead.last?.survival ?? 1
        for (index, token) in block.tokens.enumerated() {
            survival *= block.acceptances.isEmpty ? 1 : Double(block.acceptances[index])
            self.ahead.append((token, survival))
        }
        if self.blocks.isEmpty { self.expect(now) }
        self.blocks.append(InFlight(block: block, drafted: drafted, lead: lead, beganAt: now - seconds))
        self.rests = 0
        return block
    }

    /// Drafts nothing until more is committed, and tells the target not to wait.
    private mutating func rest(_ now: Seconds, _ outlook: Outlook?) -> Block? {
        self.isResting = true
        guard self.rests < Self.mostRests else { return nil }
        self.rests += 1
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
    /// - Returns: blocks to send: a question, where the verdict does not join what is known here, or the blocks in flight
    ///   again, where the target has not got them.
    public mutating func receive(_ verdict: Verdict, now: Seconds) -> [Block] {
        guard let ground = self.history.fingerprint(at: verdict.position) else { return [self.question(now)] }
        guard ground.appending(verdict.tokens) == verdict.fingerprint else {
            // What stands here before the verdict is not what the target has, and the answer will begin at 0. Before
            // position 0 nothing stands: such a verdict contradicts itself.
            return verdict.position > 0 ? [self.question(now)] : []
        }
        self.measure(verdict, now)
        let end = verdict.position + verdict.tokens.count
        let agreed = self.history.agreement(with: verdict.tokens, at: verdict.position)
        self.check(verdict.verified, behind: end - verdict.accepted - 1)
        if agreed < verdict.tokens.count {
            self.rollBack(to: verdict.position + agreed)
            self.commit(verdict.tokens[agreed...])
            self.closeBlocks(now)
            self.isResting = false
            self.judgeGuesses()
            self.expect(now)
            return []
        }
        // The answer to a question shows what the target waits for: so what is in flight was lost.
        return self.asked > 0 && end == self.history.count ? self.sendAgain(now) : []
    }

    /// A pass has checked so many tokens at a position.
    private mutating func check(_ count: Int, behind position: Int) {
        guard count > 0 else { return }
        for index in self.blocks.indices {
            let block = self.blocks[index].block
            let checked = min(position + count, block.position + block.tokens.count) - max(position, block.position)
            self.blocks[index].checked += max(0, checked)
        }
    }

    /// Appends what the target wrote, and drops what was drafted on other ground.
    private mutating func commit(_ tokens: ArraySlice<Token>) {
        var certain = 1.0
        for token in tokens {
            if self.ahead.first?.token == token {
                certain = self.ahead.removeFirst().survival
            } else {
                self.diverge(at: self.history.count)
            }
            self.history.append(token)
        }
        guard certain > 0 else { return }
        for index in self.ahead.indices { self.ahead[index].survival /= certain }
    }

    private mutating func diverge(at position: Int) {
        self.ahead = []
        self.blocks.removeAll { $0.block.position > position }
        self.cached = min(self.cached, position)
        if self.run != nil { self.run!.divergedAt = min(self.run!.divergedAt ?? position, position) }
    }

    private mutating func rollBack(to position: Int) {
        guard position < self.history.count else { return }
        self.diverge(at: position)
        self.blocks = []
        self.guesses = nil
        self.history.rollBack(to: position)
    }

    /// Learns what became of the blocks that are decided: by the passes that checked them, or by what the target wrote
    /// before they came, which tells what their tokens were worth, but not what a block brings.
    private mutating func closeBlocks(_ now: Seconds) {
        self.blocks.removeAll { inFlight in
            let block = inFlight.block
            guard block.position <= self.history.count else { return false }
            if case .usable = HeldBlocks.standing(of: block, on: self.history) { return false }
            let drafted = inFlight.drafted
            let agreed = self.history.agreement(with: drafted.map(\.token), at: block.position)
            let known = min(drafted.count, self.history.count - block.position)
            let round = Round(
                drafted: drafted, sent: inFlight.checked > 0 ? block.tokens.count : 0, agreed: agreed,
                judged: min(agreed + 1, known), seconds: max(0, now - inFlight.beganAt))
            self.rounds.append(round)
            let asked = drafted[inFlight.lead..<block.tokens.count]
            if round.sent > 0, !asked.isEmpty {
                self.lookahead.learn(
                    accepted: max(0, round.accepted - inFlight.lead), of: Array(asked), seconds: round.seconds)
            }
            return true
        }
    }

    /// Learns what guesses were worth, once the target has gone on.
    private mutating func judgeGuesses() {
        guard let (position, drafted) = self.guesses, self.history.count > position else { return }
        self.guesses = nil
        let agreed = self.history.agreement(with: drafted.map(\.token), at: position)
        let known = min(drafted.count, self.history.count - position)
        self.rounds.append(
            Round(drafted: drafted, sent: 0, agreed: agreed, judged: min(agreed + 1, known), seconds: 0))
    }

    /// The rounds that verdicts have ended since the last call; with nothing sent, where guesses only were judged.
    public mutating func takeRounds() -> [Round] {
        defer { self.rounds = [] }
        return self.rounds
    }

    /// Whether what is being drafted stands on tokens that the target did not choose, so that it can be stopped.
    public var isRunVoid: Bool {
        guard let run, let position = run.divergedAt else { return false }
        return position < run.job.base
    }

    private mutating func measure(_ verdict: Verdict, _ now: Seconds) {
        guard verdict.passMicroseconds > 0,
            self.blocks.contains(where: { $0.block.sentMicroseconds == verdict.sentMicroseconds })
        else { return }
        let atTarget = UInt64(verdict.waitedMicroseconds) + UInt64(verdict.passMicroseconds)
        let sample = now - Seconds(verdict.sentMicroseconds + atTarget) * 1e-6
        guard sample >= 0 else { return }
        self.roundTrip = self.roundTrip.map { $0 + (sample - $0) / 8 } ?? sample
    }

    // MARK: Silence

    /// Asks the target where it stands, when a verdict is overdue.
    public mutating func tick(now: Seconds) -> Block? {
        guard let nextTick, now >= nextTick else { return nil }
        return self.question(now)
    }

    /// When `tick` has something to do; `nil` while nothing is awaited.
    public var nextTick: Seconds? { self.blocks.isEmpty ? nil : self.askAt }

    /// From now on a verdict is awaited.
    private mutating func expect(_ now: Seconds) {
        self.asked = 0
        self.askAt = now + self.patience
    }

    private mutating func question(_ now: Seconds) -> Block {
        // Whoever asks is waited for.
        self.rests = 0
        if !self.blocks.isEmpty {
            self.asked += 1
            self.askAt = now + self.patience
        }
        return Block(
            sequence: self.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
            sentMicroseconds: microseconds(now))
    }

    private mutating func sendAgain(_ now: Seconds) -> [Block] {
        self.expect(now)
        for index in self.blocks.indices { self.blocks[index].block.sentMicroseconds = microseconds(now) }
        return self.blocks.map(\.block)
    }

    /// Long enough for passes of other sequences; twice as long after each question without an answer.
    private var patience: Seconds {
        min((0.25 + 4 * (self.roundTrip ?? 0)) * Seconds(1 << min(self.asked, 6)), 5)
    }
}
