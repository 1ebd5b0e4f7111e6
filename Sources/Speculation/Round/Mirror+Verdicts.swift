/// What a draft learns from its target.
extension Mirror {
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
            self.isAbstaining = false
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
        self.trigrams.rollBack(to: position)
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
    mutating func judgeGuesses() {
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
        // What the token behind a whole block is, the next verdict tells.
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
}
