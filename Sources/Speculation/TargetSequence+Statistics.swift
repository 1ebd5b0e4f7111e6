extension TargetSequence {
    mutating func count(price: Float) {
        guard price > 0 else { return }
        self.statistics.prices += Double(price)
        self.statistics.pricedBlocks += 1
    }

    mutating func count(
        _ pass: Pass, _ walk: AcceptanceWalk, committed: Int, seconds: Seconds, now: Seconds
    ) {
        self.statistics.generatedTokens += committed
        self.statistics.targetPasses += 1
        if let prefilledAt = self.prefilledAt {
            self.statistics.passMicroseconds += microseconds(seconds)
            self.statistics.generationMicroseconds = microseconds(now - prefilledAt)
        } else {
            self.statistics.prefillMicroseconds = microseconds(now - self.openedAt)
            self.prefilledAt = now
        }
        guard !pass.candidates.isEmpty else { return }
        self.statistics.rounds += 1
        self.statistics.draftTokens += pass.candidates.count
        self.statistics.acceptedTokens += min(walk.accepted, committed)
        let judged = min(walk.accepted + 1, pass.candidates.count, committed)
        self.statistics.judgedTokens += judged
        self.statistics.predictedTokens += min(judged, pass.acceptances.count)
        self.statistics.predictedAcceptances += pass.acceptances.prefix(judged).reduce(0) { $0 + Double($1) }
    }
}

func microseconds(_ seconds: Seconds) -> UInt64 {
    seconds > 0 ? UInt64(min(seconds * 1e6, 9e18)) : 0
}
