/// A text that several targets wrote, one after the other, has one measure: what each counted of its own part, together.
extension Statistics {
    /// Counts in what the target of the next part tells.
    ///
    /// Counters and times are added up. What is of the prompt, or the latest of its kind, is that of the later part.
    public mutating func append(_ next: Statistics) {
        if next.promptTokens > 0 { (self.promptTokens, self.reusedTokens) = (next.promptTokens, next.reusedTokens) }
        self.generatedTokens += next.generatedTokens
        self.targetPasses += next.targetPasses
        self.timedPasses += next.timedPasses
        self.draftTokens += next.draftTokens
        self.acceptedTokens += next.acceptedTokens
        for place in self.acceptedPerPosition.indices {
            self.acceptedPerPosition[place] += next.acceptedPerPosition[place]
        }
        self.rounds += next.rounds
        self.staleBlocks += next.staleBlocks
        self.missedBlocks += next.missedBlocks
        self.resumptions += next.resumptions
        self.prefillMicroseconds = Self.sum(self.prefillMicroseconds, next.prefillMicroseconds)
        self.generationMicroseconds = Self.sum(self.generationMicroseconds, next.generationMicroseconds)
        self.passMicroseconds = Self.sum(self.passMicroseconds, next.passMicroseconds)
        self.draftingMicroseconds = Self.sum(self.draftingMicroseconds, next.draftingMicroseconds)
        self.waitedMicroseconds = Self.sum(self.waitedMicroseconds, next.waitedMicroseconds)
        self.aloneMicroseconds = Self.sum(self.aloneMicroseconds, next.aloneMicroseconds)
        self.blockBytes = Self.sum(self.blockBytes, next.blockBytes)
        self.verdictBytes = Self.sum(self.verdictBytes, next.verdictBytes)
        if next.roundTripMicroseconds > 0 { self.roundTripMicroseconds = next.roundTripMicroseconds }
        if next.draftTokenMicroseconds > 0 { self.draftTokenMicroseconds = next.draftTokenMicroseconds }
        self.judgedTokens += next.judgedTokens
        self.predictedAcceptances += next.predictedAcceptances
        self.predictedTokens += next.predictedTokens
        self.prices += next.prices
        self.pricedBlocks += next.pricedBlocks
    }

    /// Cut to what a message may tell: a target may tell anything of its part.
    private static func sum(_ first: UInt64, _ second: UInt64) -> UInt64 { min(first &+ second, 1 << 53) }

    /// Counts tokens of whole passes by what they tell themselves, where their target is lost before it told more.
    ///
    /// Each pass ends with a token of the target's own. Draft tokens behind the first rejected one are not known.
    public mutating func count(_ origins: some Sequence<Origin>) {
        var accepted = 0
        for origin in origins {
            self.generatedTokens += 1
            if origin == .accepted {
                accepted += 1
            } else {
                self.count(passOf: accepted, rejects: origin == .recovered)
                accepted = 0
            }
        }
        // An accepted token was the text's last.
        if accepted > 0 { self.count(passOf: accepted, rejects: false) }
    }

    private mutating func count(passOf accepted: Int, rejects: Bool) {
        let judged = accepted + (rejects ? 1 : 0)
        self.targetPasses += 1
        self.rounds += judged > 0 ? 1 : 0
        self.draftTokens += judged
        self.judgedTokens += judged
        self.acceptedTokens += accepted
        for place in 0..<accepted { self.acceptedPerPosition[min(place, Self.countedPositions)] += 1 }
    }
}
