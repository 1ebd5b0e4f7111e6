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

    private struct Run {
        var job: DraftOrder
        /// Tokens of the history when it began, and what it stands on behind them.
        var start: Int
        var ground: [Token]
        /// Position of the token in flight that it takes for rejected.
        var branch: Int?
        /// Where the history that it stands on was taken back.
        var goneBehind: Int?
    }

    private var ahead = RunAhead()
    private var run: Run?
    /// As the latest run left it; the one that is in it leaves what was committed when it began.
    private var slot = SlotContent()
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
        self.slot.reuse(max(0, min(count, self.history.count)))
    }

    /// Tokens that the slot holds for sure.
    public var held: ArraySlice<Token> {
        self.history.tokens[..<min(self.slot.committed, self.run?.start ?? .max, self.history.count)]
    }

    // MARK: Drafting

    /// After so many words in a row that nothing is worth sending, no more is said, and nothing is waited for.
    static let mostRests = 4

    /// Begins to draft, where there is something to draft.
    ///
    /// - Parameter context: what the rule shares with other sequences.
    public mutating func beginDrafting(
        in context: inout LookaheadContext, window: Window = .synchronous
    ) -> DraftOrder? {
        guard self.run == nil, self.history.count > 0, self.mostTokens > 0 else { return nil }
        guard self.ahead.isEmpty else { return self.draftAhead(in: context, window) }
        guard !self.isResting else { return nil }
        self.lookahead.begin(in: &context)
        if self.rests == Self.mostRests, !self.lookahead.wantsMore(after: []) {
            self.isResting = true
            return nil
        }
        return self.begin(most: self.mostTokens)
    }

    /// Begins to draft with a rule that shares nothing.
    public mutating func beginDrafting() -> DraftOrder? {
        var context = LookaheadContext()
        return self.beginDrafting(in: &context)
    }

    /// Behind the blocks in flight, or behind a runner-up in one of them, whichever the target gets to more likely.
    private mutating func draftAhead(in context: LookaheadContext, _ window: Window) -> DraftOrder? {
        let room = min(self.mostTokens, window.tokens)
        var ground = self.isResting ? nil : self.ahead.next(acceptance: context.runningAcceptance)
        if let tokens = ground?.tokens, room - tokens.count < 2 { ground = nil }
        if window.isIdle,
            let branch = self.ahead.nextBranch(at: self.history.count, recovery: context.recovery),
            branch.probability > ground?.probability ?? 0, room > branch.tokens.count
        {
            ground = branch
        }
        guard let ground else { return nil }
        var context = context
        if window.isIdle { context.price.perDraftToken = 0 }
        self.lookahead.beginAhead(in: context)
        return self.begin(on: ground, most: room - ground.tokens.count, lead: ground.branch == nil ? 1 : 0)
    }

    private mutating func begin(on ground: RunAhead.Ground? = nil, most: Int, lead: Int = 0) -> DraftOrder {
        let (count, tokens) = (self.history.count, ground?.tokens ?? [])
        // The last token is fed again where the slot has it: its row is what the next token comes from.
        let position = min(self.slot.count(of: tokens, behind: self.history), count + tokens.count - 1)
        let feed = self.history.tokens[min(position, count)...] + tokens.dropFirst(max(0, position - count))
        var job = DraftOrder(
            position: position, feed: Array(feed), lookahead: self.lookahead, most: min(most, LookaheadRule.mostTokens))
        job.lead = lead
        self.run = Run(job: job, start: count, ground: tokens, branch: ground?.branch)
        return job
    }

    /// The target adds a token of its own to every block.
    private var mostTokens: Int { self.endPosition - self.history.count - 1 }

    /// Ends a run, and makes a block of what still agrees with the history.
    ///
    /// - Parameter context: what predicts how likely each token is accepted; without one, the block does not tell.
    /// - Returns: the block to send, or the word that nothing is worth sending; `nil` where there is nothing to say.
    public mutating func finishDrafting(
        _ drafted: [DraftedToken], seconds: Seconds, now: Seconds, in context: LookaheadContext? = nil
    ) -> Message? {
        guard let run = self.run else { return nil }
        let isVoid = self.isRunVoid
        self.run = nil
        let (job, tokens) = (run.job, drafted.map(\.token))
        // The last draft token was not fed to the draft.
        if let position = run.goneBehind {
            self.slot.reuse(position)
        } else {
            self.slot.take(run.ground + tokens.dropLast(), at: run.start, of: self.history)
        }
        guard !isVoid else { return nil }
        // Committed meanwhile: tokens behind the base.
        let overlap = max(0, self.history.count - job.base)
        guard overlap == 0 || self.history.agreement(with: tokens, at: job.base) == overlap else {
            self.guesses = (job.base, drafted)
            self.judgeGuesses()
            return nil
        }
        let fresh = Array(drafted[overlap...])
        let lead = min(max(0, job.lead - overlap), fresh.count)
        let asked = Array(fresh[lead...])
        let count = min(max(self.lookahead.sendCount(of: asked), 0), asked.count)
        if let branch = run.branch, branch >= self.history.count {
            return self.send(fresh[..<count], on: run, replacing: branch, seconds, now, context).map(Message.block)
        }
        guard count > 0 else {
            // Nothing more is worth it ahead of a verdict; or the whole block was overtaken, and the next goes on here.
            guard self.ahead.isEmpty, overlap == 0 || !fresh.isEmpty else {
                self.isResting = !self.ahead.isEmpty
                return nil
            }
            self.guesses = (job.base, drafted)
            self.judgeGuesses()
            return self.abstain(now).map(Message.abstention)
        }
        return .block(self.send(fresh, count: lead + count, lead: lead, seconds: seconds, now, context))
    }

    private mutating func send(
        _ drafted: [DraftedToken], count: Int, lead: Int, seconds: Seconds, _ now: Seconds,
        _ context: LookaheadContext?
    ) -> Block {
        let block = self.block(of: drafted[..<count], behind: self.ahead.guesses.map(\.token), seconds, now, context)
        if self.ahead.isEmpty { self.expect(now) }
        self.ahead.append(RunAhead.InFlight(block: block, drafted: drafted, lead: lead, beganAt: now - seconds))
        self.rests = 0
        return block
    }

    /// Sends what stands on a branch, if there is anything.
    private mutating func send(
        _ drafted: ArraySlice<DraftedToken>, on run: Run, replacing position: Int, _ seconds: Seconds, _ now: Seconds,
        _ context: LookaheadContext?
    ) -> Block? {
        // Committed since the run began.
        let ground = Array(run.ground.dropFirst(self.history.count - run.start))
        guard let runnerUp = ground.last else { return nil }
        guard !drafted.isEmpty else {
            self.ahead.branch(at: position, runnerUp: runnerUp, nil)
            return nil
        }
        let block = self.block(of: drafted, behind: ground, seconds, now, context)
        self.ahead.branch(
            at: position, runnerUp: runnerUp,
            RunAhead.InFlight(block: block, drafted: Array(drafted), lead: 0, beganAt: now - seconds))
        return block
    }

    /// - Parameter ground: tokens between those committed and the block.
    private func block(
        of drafted: ArraySlice<DraftedToken>, behind ground: [Token], _ seconds: Seconds, _ now: Seconds,
        _ context: LookaheadContext?
    ) -> Block {
        let acceptances = context.map { context in
            drafted.enumerated().map { Float(context.acceptance.probability(of: $1, index: $0)) }
        }
        return Block(
            sequence: self.sequence, position: self.history.count + ground.count,
            fingerprint: self.history.fingerprint.appending(ground), tokens: drafted.map(\.token),
            acceptances: acceptances ?? [], sentMicroseconds: microseconds(now),
            draftingMicroseconds: UInt32(clamping: microseconds(seconds)),
            roundTripMicroseconds: self.roundTripMicroseconds)
    }

    /// Drafts nothing until more is committed, and tells the target not to wait.
    private mutating func abstain(_ now: Seconds) -> Abstention? {
        self.isResting = true
        guard self.rests < Self.mostRests else { return nil }
        self.rests += 1
        return Abstention(
            sequence: self.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
            sentMicroseconds: microseconds(now), roundTripMicroseconds: self.roundTripMicroseconds)
    }

    private var roundTripMicroseconds: UInt32? { self.roundTrip.map { UInt32(clamping: microseconds($0)) } }

    // MARK: Verdicts

    /// Follows a verdict, or news.
    ///
    /// - Returns: what to send: a question, where the verdict does not join what is known here, or the blocks in flight
    ///   again, where the target has not got them.
    public mutating func receive(_ verdict: Verdict, now: Seconds) -> [Message] {
        guard let ground = self.history.fingerprint(at: verdict.position) else {
            return [.question(self.question(now))]
        }
        guard ground.appending(verdict.tokens) == verdict.fingerprint else {
            // What stands here before the verdict is not what the target has, and the answer will begin at 0. Before
            // position 0 nothing stands: such a verdict contradicts itself.
            return verdict.position > 0 ? [.question(self.question(now))] : []
        }
        self.measure(verdict, now)
        let end = verdict.position + verdict.tokens.count
        let agreed = self.history.agreement(with: verdict.tokens, at: verdict.position)
        self.ahead.check(verdict.verified, at: end - verdict.accepted - 1)
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

    /// Appends what the target wrote, and drops what was drafted on other ground.
    private mutating func commit(_ tokens: ArraySlice<Token>) {
        for token in tokens {
            self.ahead.commit(token, at: self.history.count)
            self.slot.commit(token, behind: self.history.count)
            self.history.append(token)
        }
    }

    private mutating func rollBack(to position: Int) {
        guard position < self.history.count else { return }
        self.ahead.removeAll()
        self.slot.rollBack(to: position)
        if let run = self.run { self.run!.goneBehind = min(run.goneBehind ?? position, position, run.start) }
        self.guesses = nil
        self.history.rollBack(to: position)
    }

    /// Learns what became of the blocks that are decided: by the passes that checked them, or by what the target wrote
    /// before they came, which tells what their tokens were worth, but not what a block brings.
    private mutating func closeBlocks(_ now: Seconds) {
        for inFlight in self.ahead.takeDecided(on: self.history) {
            let round = self.round(
                of: inFlight.drafted, at: inFlight.block.position,
                sent: inFlight.checked > 0 ? inFlight.block.tokens.count : 0, seconds: max(0, now - inFlight.beganAt))
            let asked = inFlight.drafted[inFlight.lead..<inFlight.block.tokens.count]
            if round.sent > 0, !asked.isEmpty {
                self.lookahead.learn(
                    accepted: max(0, round.accepted - inFlight.lead), of: Array(asked), seconds: round.seconds)
            }
        }
    }

    /// Learns what guesses were worth, once the target has gone on.
    private mutating func judgeGuesses() {
        guard let (position, drafted) = self.guesses, self.history.count > position else { return }
        self.guesses = nil
        _ = self.round(of: drafted, at: position, sent: 0, seconds: 0)
    }

    /// Keeps what became of drafted tokens, as far as it is known.
    private mutating func round(of drafted: [DraftedToken], at position: Int, sent: Int, seconds: Seconds) -> Round {
        let agreed = self.history.agreement(with: drafted.map(\.token), at: position)
        let known = min(drafted.count, self.history.count - position)
        var round = Round(
            drafted: drafted, sent: sent, agreed: agreed, judged: min(agreed + 1, known), seconds: seconds)
        // Of the token behind a block the next one tells.
        if agreed < known, agreed < sent || sent == 0 { round.recovered = self.history.tokens[position + agreed] }
        self.rounds.append(round)
        return round
    }

    /// The rounds that verdicts have ended since the last call; with nothing sent, where guesses only were judged.
    public mutating func takeRounds() -> [Round] {
        defer { self.rounds = [] }
        return self.rounds
    }

    /// Whether what is being drafted is for the case that a token in flight is rejected.
    public var isOnBranch: Bool { self.run.flatMap(\.branch).map { $0 >= self.history.count } ?? false }

    /// Whether what is being drafted stands on tokens that the target did not choose, so that it can be stopped.
    public var isRunVoid: Bool {
        guard let run else { return false }
        return run.goneBehind != nil
            || self.history.agreement(with: run.ground, at: run.start)
                < min(run.ground.count, self.history.count - run.start)
    }

    private mutating func measure(_ verdict: Verdict, _ now: Seconds) {
        guard verdict.passMicroseconds > 0,
            self.ahead.blocks.contains(where: { $0.block.sentMicroseconds == verdict.sentMicroseconds })
        else { return }
        let atTarget = UInt64(verdict.waitedMicroseconds) + UInt64(verdict.passMicroseconds)
        let sample = now - Seconds(verdict.sentMicroseconds + atTarget) * 1e-6
        guard sample >= 0 else { return }
        self.roundTrip = self.roundTrip.map { $0 + (sample - $0) / 8 } ?? sample
    }

    // MARK: Silence

    /// Asks the target where it stands, when a verdict is overdue.
    public mutating func tick(now: Seconds) -> Question? {
        guard let nextTick, now >= nextTick else { return nil }
        return self.question(now)
    }

    /// When `tick` has something to do; `nil` while nothing is awaited.
    public var nextTick: Seconds? { self.ahead.isEmpty ? nil : self.askAt }

    /// From now on a verdict is awaited.
    private mutating func expect(_ now: Seconds) {
        self.asked = 0
        self.askAt = now + self.patience
    }

    private mutating func question(_ now: Seconds) -> Question {
        // The target waits for a draft that asks.
        self.rests = 0
        if !self.ahead.isEmpty {
            self.asked += 1
            self.askAt = now + self.patience
        }
        return Question(
            sequence: self.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
            sentMicroseconds: microseconds(now))
    }

    private mutating func sendAgain(_ now: Seconds) -> [Message] {
        self.expect(now)
        return self.ahead.sendAgain(now: now).map(Message.block)
    }

    /// Long enough for passes of other sequences; twice as long after each question without an answer.
    private var patience: Seconds {
        min((0.25 + 4 * (self.roundTrip ?? 0)) * Seconds(1 << min(self.asked, 6)), 5)
    }
}
