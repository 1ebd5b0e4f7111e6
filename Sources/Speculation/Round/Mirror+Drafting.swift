/// How a draft runs ahead of its target.
extension Mirror {
    /// After this many words in a row that nothing is worth sending, no more is said, and nothing is waited for.
    static let mostAbstentions = 4

    /// Begins to draft, where there is something to draft.
    ///
    /// - Parameter context: what the rule shares with other sequences.
    public mutating func beginDrafting(
        in context: inout LookaheadContext, window: Window = .synchronous
    ) -> DraftOrder? {
        guard self.run == nil, self.history.count > 0, self.mostTokens > 0 else { return nil }
        guard self.ahead.isEmpty else { return self.draftAhead(in: context, window) }
        guard !self.isAbstaining else { return nil }
        self.lookahead.begin(in: &context)
        if self.abstentions == Self.mostAbstentions, !self.lookahead.wantsMore(after: []) {
            self.isAbstaining = true
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
        var ground = self.isAbstaining ? nil : self.ahead.next(acceptance: context.runningAcceptance)
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
        return self.begin(
            on: ground, most: min(room - ground.tokens.count, window.block), lead: ground.branch == nil ? 1 : 0)
    }

    private mutating func begin(on ground: RunAhead.Ground? = nil, most: Int, lead: Int = 0) -> DraftOrder {
        let (count, tokens) = (self.history.count, ground?.tokens ?? [])
        // The last token is fed again where the slot has it: its row is what the next token comes from.
        let position = min(self.slot.count(of: tokens, behind: self.history), count + tokens.count - 1)
        let feed = self.history.tokens[min(position, count)...] + tokens.dropFirst(max(0, position - count))
        var job = DraftOrder(
            position: position, feed: Array(feed), lookahead: self.lookahead, most: min(most, LookaheadRule.mostTokens))
        job.lead = lead
        self.trigrams.take(self.history.tokens)
        job.lookup = self.trigrams.lookup(self.history.tokens, tokens)
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
            return self.introduction(now)
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
                self.isAbstaining = !self.ahead.isEmpty
                return self.introduction(now)
            }
            self.guesses = (job.base, drafted)
            self.judgeGuesses()
            return self.abstain(now).map(Message.abstention)
        }
        return .block(self.send(fresh, count: lead + count, lead: lead, seconds: seconds, now, context))
    }

    /// What a draft says that was overtaken before the target knew of it. The target does not wait for a draft that it has
    /// not heard of; where both take turns on the same cores, it would overtake each block that is no longer than what it
    /// writes itself in one turn, to the end of the text.
    private mutating func introduction(_ now: Seconds) -> Message? {
        self.isKnown ? nil : .question(self.question(now))
    }

    private mutating func send(
        _ drafted: [DraftedToken], count: Int, lead: Int, seconds: Seconds, _ now: Seconds,
        _ context: LookaheadContext?
    ) -> Block {
        let block = self.block(of: drafted[..<count], behind: self.ahead.guesses.map(\.token), seconds, now, context)
        if self.ahead.isEmpty { self.expect(now) }
        self.ahead.append(RunAhead.InFlight(block: block, drafted: drafted, lead: lead, beganAt: now - seconds))
        self.abstentions = 0
        self.isKnown = true
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
        self.isAbstaining = true
        guard self.abstentions < Self.mostAbstentions else { return nil }
        self.abstentions += 1
        self.isKnown = true
        return Abstention(
            sequence: self.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
            sentMicroseconds: microseconds(now), roundTripMicroseconds: self.roundTripMicroseconds)
    }

    private var roundTripMicroseconds: UInt32? { self.roundTrip.map { UInt32(clamping: microseconds($0)) } }
}
