/// What a sequence hears from its draft, and tells it.
extension TargetSequence {
    /// A draft mirrors the sequence from now on, and knows all that is committed.
    ///
    /// - Parameter waiting: what an earlier sequence with this draft has learned.
    public mutating func attachDraft(knowing waiting: Waiting? = nil) {
        self.mirror = .starting
        self.waiting = waiting ?? self.initialWaiting
        self.rests = 0
        self.blocks.removeAll()
        self.candidates = nil
        self.told = self.history.count
    }

    /// Nobody drafts from now on.
    public mutating func detachDraft() {
        self.mirror = .none
        self.blocks.removeAll()
        self.candidates = nil
    }

    /// Takes a block from the draft.
    ///
    /// - Returns: a verdict to send at once, where the draft is behind or asks.
    /// - Throws: when the block cannot be right, whatever is committed.
    public mutating func receive(_ block: Block, now: Seconds) throws(BlockFault) -> Verdict? {
        if let token = block.tokens.first(where: { Int($0) >= self.vocabularySize }) {
            throw .tokenBeyondVocabulary(token, size: self.vocabularySize)
        }
        guard block.position >= 0, block.position <= self.endPosition - block.tokens.count else {
            throw .impossiblePosition(block.position, end: self.endPosition)
        }
        guard self.mirror != .none, self.finish == nil else { return nil }
        if block.roundTripMicroseconds > 0 {
            self.statistics.roundTripMicroseconds = UInt64(block.roundTripMicroseconds)
        }
        if block.draftTokenMicroseconds > 0 {
            self.statistics.draftTokenMicroseconds = Double(block.draftTokenMicroseconds)
        }
        if block.tokens.isEmpty, block.rests {
            self.rests = min(self.rests + 1, Mirror.mostRests)
            _ = self.waiting.hear(position: block.position, isBlock: false, now: now)
            if self.rests < Mirror.mostRests {
                self.mirror = .passing
            } else if self.mirror != .resting {
                (self.mirror, self.restingNews) = (.resting, 0)
            }
            self.count(price: block.price)
            return nil
        }
        self.mirror = .present
        self.rests = 0
        if block.tokens.isEmpty {
            let agrees = self.history.fingerprint(at: block.position) == block.fingerprint
            return self.news(from: agrees ? block.position : 0, answering: block)
        }
        switch HeldBlocks.standing(of: block, on: self.history) {
        case .usable, .ahead:
            guard self.blocks.hold(block, now: now) else { return nil }
            self.candidates = nil
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
                ? nil : self.news(from: block.position, answering: block)
        case .diverged:
            self.statistics.staleBlocks += 1
            // A branch that did not come true, mostly. Whoever does stand on other ground finds that the next verdict does
            // not join, and asks.
            return self.isOverlapped && self.told == self.history.count ? nil : self.news(from: 0, answering: block)
        }
    }

    private var isOverlapped: Bool { self.rule?.isSynchronous == false }

    /// Learns when a block came, and, where it is known already, whether it began right.
    private mutating func hear(_ block: Block, _ now: Seconds) {
        guard self.waiting.hear(position: block.position, now: now), block.position < self.history.count else { return }
        self.waiting.learn(isFirstRight: self.history.tokens[block.position] == block.tokens[0])
    }

    /// Everything committed behind a position.
    private func news(from position: Int, answering block: Block?) -> Verdict {
        Verdict(
            sequence: self.id, position: position, tokens: Array(self.history.tokens[position...]),
            fingerprint: self.history.fingerprint, sentMicroseconds: block?.sentMicroseconds ?? 0)
    }

    /// A draft at rest hears of the target's tokens several at once: each message costs both sides some time.
    func isNewsDue(_ now: Seconds) -> Bool {
        guard self.mirror == .resting else { return true }
        return self.history.count - self.told >= min(1 << self.restingNews, Self.mostUntold)
            || now - self.toldAt >= Self.longestSilence
    }

    private static let mostUntold = 8
    private static let longestSilence: Seconds = 0.05

    mutating func verdict(
        on pass: Pass, _ walk: AcceptanceWalk, _ seconds: Seconds, _ now: Seconds
    ) -> Verdict {
        var verdict = self.news(from: self.told, answering: nil)
        verdict.accepted = walk.accepted
        verdict.verified = pass.candidates.count
        verdict.sentMicroseconds = pass.sentMicroseconds
        verdict.waitedMicroseconds = pass.waitedMicroseconds
        verdict.passMicroseconds = UInt32(clamping: microseconds(seconds))
        self.told = self.history.count
        self.toldAt = now
        if self.mirror == .passing { self.mirror = .present }
        if self.mirror == .resting { self.restingNews = min(self.restingNews + 1, 8) }
        self.waiting.tell(position: self.told, now: now)
        return verdict
    }
}
