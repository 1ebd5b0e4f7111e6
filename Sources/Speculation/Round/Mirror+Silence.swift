/// What a draft does when its target is silent for too long.
extension Mirror {
    /// Asks the target where it stands, when a verdict is overdue.
    public mutating func tick(now: Seconds) -> Question? {
        guard let nextTick, now >= nextTick else { return nil }
        return self.question(now)
    }

    /// When `tick` has something to do; `nil` while nothing is awaited.
    public var nextTick: Seconds? { self.ahead.isEmpty ? nil : self.askAt }

    /// From now on a verdict is awaited.
    mutating func expect(_ now: Seconds) {
        self.asked = 0
        self.askAt = now + self.patience
    }

    mutating func question(_ now: Seconds) -> Question {
        // The target waits for a draft that asks.
        self.abstentions = 0
        self.isKnown = true
        if !self.ahead.isEmpty {
            self.asked += 1
            self.askAt = now + self.patience
        }
        return Question(
            sequence: self.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
            sentMicroseconds: microseconds(now))
    }

    mutating func sendAgain(_ now: Seconds) -> [Message] {
        self.expect(now)
        return self.ahead.sendAgain(now: now).map(Message.block)
    }

    /// Long enough for passes of other sequences; twice as long after each question without an answer.
    private var patience: Seconds {
        min((0.25 + 4 * (self.roundTrip ?? 0)) * Seconds(1 << min(self.asked, 6)), 5)
    }
}
