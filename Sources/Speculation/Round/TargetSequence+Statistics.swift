extension TargetSequence {
    /// Counts a message from the draft, by its bytes on the wire.
    public mutating func count(blockOfBytes bytes: Int) { self.statistics.blockBytes += UInt64(max(0, bytes)) }

    /// Counts a message to the draft, by its bytes on the wire.
    public mutating func count(verdictOfBytes bytes: Int) { self.statistics.verdictBytes += UInt64(max(0, bytes)) }

    /// Keeps the draft's latest measures.
    mutating func count(_ roundTripMicroseconds: UInt32?, _ draftTokenMicroseconds: Float?) {
        if let roundTripMicroseconds { self.statistics.roundTripMicroseconds = UInt64(roundTripMicroseconds) }
        if let draftTokenMicroseconds { self.statistics.draftTokenMicroseconds = Double(draftTokenMicroseconds) }
    }

    mutating func count(price: Float?) {
        guard let price else { return }
        self.statistics.prices += Double(price)
        self.statistics.pricedBlocks += 1
    }

    mutating func count(
        _ pass: Pass, _ walk: AcceptanceWalk, committed: Int, seconds: Seconds, alone: Seconds, now: Seconds
    ) {
        self.statistics.generatedTokens += committed
        self.statistics.targetPasses += 1
        if let prefilledAt = self.prefilledAt {
            self.statistics.timedPasses += 1
            self.statistics.passMicroseconds += microseconds(seconds)
            self.statistics.generationMicroseconds = microseconds(now - prefilledAt)
            self.statistics.aloneMicroseconds += microseconds(Double(committed) * alone)
        } else {
            self.statistics.prefillMicroseconds = microseconds(now - self.openedAt)
            self.prefilledAt = now
        }
        guard !pass.candidates.isEmpty else { return }
        self.statistics.rounds += 1
        self.statistics.draftTokens += pass.candidates.count
        let accepted = min(walk.accepted, committed)
        self.statistics.acceptedTokens += accepted
        for place in 0..<accepted {
            self.statistics.acceptedPerPosition[min(place, Statistics.countedPositions)] += 1
        }
        let judged = min(walk.accepted + 1, pass.candidates.count, committed)
        self.statistics.judgedTokens += judged
        self.statistics.predictedTokens += min(judged, pass.acceptances.count)
        self.statistics.predictedAcceptances += pass.acceptances.prefix(judged).reduce(0) { $0 + Double($1) }
    }
}

func microseconds(_ seconds: Seconds) -> UInt64 {
    seconds > 0 ? UInt64(min(seconds * 1e6, 9e18)) : 0
}
