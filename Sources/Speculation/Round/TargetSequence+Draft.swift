/// What a sequence hears from its draft, and tells it.
extension TargetSequence {
    /// A draft mirrors the sequence from now on, and knows all that is committed.
    ///
    /// - Parameters:
    ///   - waiting: what an earlier sequence with this draft has learned.
    ///   - takesTurns: whether the draft computes on the target's cores, in turn with it: rounds are synchronous then.
    public mutating func attachDraft(knowing waiting: Waiting? = nil, takesTurns: Bool = false) {
        self.mirror = .starting
        self.waiting =
            waiting
            ?? Waiting(self.patience, isSynchronous: self.rule?.isSynchronous ?? true, takesTurns: takesTurns)
        self.abstentions = 0
        self.blocks.removeAll()
        self.told = self.history.count
    }

    /// Nobody drafts from now on.
    public mutating func detachDraft() {
        self.mirror = .none
        self.blocks.removeAll()
    }

    /// Hears the draft.
    ///
    /// - Returns: a verdict to send at once, where the draft is behind or asks.
    /// - Throws: when the message cannot be right, whatever is committed.
    public mutating func receive(_ message: Mirror.Message, now: Seconds) throws(BlockFault) -> Verdict? {
        switch message {
        case .block(let block): return try self.receive(block, now: now)
        case .question(let question): return try self.receive(question)
        case .abstention(let abstention):
            try self.receive(abstention, now: now)
            return nil
        }
    }

    /// Answers a question with all that is committed behind its position, from the beginning where it stands on other
    /// ground.
    public mutating func receive(_ question: Question) throws(BlockFault) -> Verdict? {
        try self.check(question.position)
        guard self.mirror != .none, self.finish == nil else { return nil }
        self.hear()
        let agrees = self.history.fingerprint(at: question.position) == question.fingerprint
        return self.news(from: agrees ? question.position : 0, answering: question.sentMicroseconds)
    }

    /// The draft has nothing worth sending: nothing is waited for.
    public mutating func receive(_ abstention: Abstention, now: Seconds) throws(BlockFault) {
        try self.check(abstention.position)
        guard self.mirror != .none, self.finish == nil else { return }
        self.count(abstention.roundTripMicroseconds, abstention.draftTokenMicroseconds)
        self.abstentions = min(self.abstentions + 1, Mirror.mostAbstentions)
        _ = self.waiting.hear(position: abstention.position, isBlock: false, now: now)
        if self.abstentions < Mirror.mostAbstentions {
            self.mirror = .abstaining
        } else if self.mirror != .silent {
            (self.mirror, self.newsInSilence) = (.silent, 0)
        }
        self.count(price: abstention.price)
    }

    /// Holds a block until a pass checks it, or answers it where it is too late.
    public mutating func receive(_ block: Block, now: Seconds) throws(BlockFault) -> Verdict? {
        if let token = block.tokens.first(where: { Int($0) >= self.vocabularySize }) {
            throw .tokenBeyondVocabulary(token, size: self.vocabularySize)
        }
        try self.check(block.position, block.tokens.count)
        guard self.mirror != .none, self.finish == nil else { return nil }
        self.count(block.roundTripMicroseconds, block.draftTokenMicroseconds)
        self.hear()
        switch HeldBlocks.standing(of: block, on: self.history) {
        case .usable, .ahead:
            guard self.blocks.hold(block, now: now) else { return nil }
            self.statistics.draftingMicroseconds += UInt64(block.draftingMicroseconds)
            self.count(price: block.price)
            self.hear(block, now)
            return nil
        case .behind:
            self.statistics.staleBlocks += 1
            self.statistics.draftingMicroseconds += UInt64(block.draftingMicroseconds)
            self.hear(block, now)
            // Whoever runs ahead hears of every pass anyway.
            return self.isOverlapped && self.told == self.history.count
                ? nil : self.news(from: block.position, answering: block.sentMicroseconds)
        case .diverged:
            self.statistics.staleBlocks += 1
            // A branch that did not come true, mostly. Whoever does stand on other ground finds that the next verdict does
            // not join, and asks.
            return self.isOverlapped && self.told == self.history.count
                ? nil : self.news(from: 0, answering: block.sentMicroseconds)
        }
    }

    private func check(_ position: Int, _ count: Int = 0) throws(BlockFault) {
        guard position >= 0, position <= self.endPosition - count else {
            throw .impossiblePosition(position, end: self.endPosition)
        }
    }

    /// The draft is at work.
    private mutating func hear() {
        self.mirror = .present
        self.abstentions = 0
    }

    private var isOverlapped: Bool { !self.waiting.isSynchronous }

    /// Learns when a block came, and, where it is known already, whether it began right.
    private mutating func hear(_ block: Block, _ now: Seconds) {
        guard self.waiting.hear(position: block.position, now: now), block.position < self.history.count else { return }
        self.waiting.learn(isFirstRight: self.history.tokens[block.position] == block.tokens.first)
    }

    /// Everything committed behind a position.
    private func news(from position: Int, answering sentMicroseconds: UInt64 = 0) -> Verdict {
        Verdict(
            sequence: self.id, position: position, tokens: Array(self.history.tokens[position...]),
            fingerprint: self.history.fingerprint, sentMicroseconds: sentMicroseconds)
    }

    /// A silent draft hears of the target's tokens several at once: each message costs both sides some time.
    func isNewsDue(_ now: Seconds) -> Bool {
        guard self.mirror == .silent else { return true }
        return self.history.count - self.told >= min(1 << self.newsInSilence, Self.mostUntold)
            || now - self.toldAt >= Self.longestSilence
    }

    private static let mostUntold = 8
    private static let longestSilence: Seconds = 0.05

    mutating func verdict(
        on pass: Pass, _ walk: AcceptanceWalk, _ seconds: Seconds, _ now: Seconds
    ) -> Verdict {
        var verdict = self.news(from: self.told)
        verdict.accepted = walk.accepted
        verdict.verified = pass.candidates.count
        verdict.sentMicroseconds = pass.sentMicroseconds
        verdict.waitedMicroseconds = pass.waitedMicroseconds
        verdict.passMicroseconds = UInt32(clamping: microseconds(seconds))
        self.told = self.history.count
        self.toldAt = now
        if self.mirror == .abstaining { self.mirror = .present }
        if self.mirror == .silent { self.newsInSilence = min(self.newsInSilence + 1, 8) }
        self.waiting.tell(position: self.told, now: now)
        return verdict
    }
}
