/// One of the figures of statistics.
package enum Figure: Equatable, Sendable {
    case count(Int)
    /// Rounded to what a reader can use.
    case measure(Double)
}

extension GenerationStatistics {
    /// All figures as programs are told them, by name.
    package var figures: [(name: String, figure: Figure)] {
        func rounded(_ value: Double, _ digits: Int) -> Figure {
            var scale = 1.0
            for _ in 0..<digits { scale *= 10 }
            return .measure((value * scale).rounded() / scale)
        }
        func milliseconds(_ seconds: Double) -> Figure { rounded(seconds * 1000, 3) }

        return [
            ("prompt_tokens", .count(self.promptTokens)),
            ("generated_tokens", .count(self.generatedTokens)),
            ("target_passes", .count(self.targetPasses)),
            ("rounds", .count(self.rounds)),
            ("draft_tokens", .count(self.draftTokens)),
            ("accepted_tokens", .count(self.acceptedTokens)),
            ("acceptance_rate", rounded(self.acceptanceRate, 4)),
            ("acceptance_length", rounded(self.acceptanceLength, 4)),
            ("judged_tokens", .count(self.judgedTokens)),
            ("predicted_acceptance", rounded(self.predictedAcceptance, 4)),
            ("measured_acceptance", rounded(self.measuredAcceptance, 4)),
            ("mean_price", rounded(self.meanPrice, 4)),
            ("mean_lookahead", rounded(self.meanLookahead, 4)),
            ("mean_lookahead_of_all_passes", rounded(self.meanLookaheadOfAllPasses, 4)),
            ("speedup", rounded(self.speedup, 4)),
            ("link_bytes_per_accepted_token", rounded(self.linkBytesPerAcceptedToken, 1)),
            ("reused_tokens", .count(self.reusedTokens)),
            ("stale_blocks", .count(self.staleBlocks)),
            ("missed_blocks", .count(self.missedBlocks)),
            ("resumptions", .count(self.resumptions)),
            ("seconds", rounded(self.seconds, 6)),
            ("tokens_per_second", rounded(self.tokensPerSecond, 2)),
            ("time_to_first_token_ms", milliseconds(self.timeToFirstToken)),
            ("prefill_ms", milliseconds(self.prefillSeconds)),
            ("generation_ms", milliseconds(self.generationSeconds)),
            ("pass_ms", milliseconds(self.passSeconds)),
            ("mean_pass_ms", milliseconds(self.meanPassSeconds)),
            ("drafting_ms", milliseconds(self.draftingSeconds)),
            ("draft_token_ms", milliseconds(self.draftTokenSeconds)),
            ("waited_ms", milliseconds(self.waitedSeconds)),
            ("round_trip_ms", milliseconds(self.roundTripSeconds)),
        ]
    }

    /// Counts another text in, which was written at the same time: counters and work are summed, the time is the longer
    /// one's, and that to the first token the shorter.
    package mutating func add(_ other: GenerationStatistics) {
        let isFirst = self == GenerationStatistics()
        self.promptTokens += other.promptTokens
        self.generatedTokens += other.generatedTokens
        self.targetPasses += other.targetPasses
        self.draftTokens += other.draftTokens
        self.acceptedTokens += other.acceptedTokens
        self.rounds += other.rounds
        self.judgedTokens += other.judgedTokens
        self.predictedAcceptances += other.predictedAcceptances
        self.predictedTokens += other.predictedTokens
        self.prices += other.prices
        self.pricedBlocks += other.pricedBlocks
        self.reusedTokens += other.reusedTokens
        self.staleBlocks += other.staleBlocks
        self.missedBlocks += other.missedBlocks
        self.resumptions += other.resumptions
        self.seconds = max(self.seconds, other.seconds)
        self.timeToFirstToken =
            isFirst ? other.timeToFirstToken : min(self.timeToFirstToken, other.timeToFirstToken)
        self.prefillSeconds += other.prefillSeconds
        self.generationSeconds += other.generationSeconds
        self.passSeconds += other.passSeconds
        self.timedPasses += other.timedPasses
        self.draftingSeconds += other.draftingSeconds
        self.waitedSeconds += other.waitedSeconds
        self.aloneSeconds += other.aloneSeconds
        self.linkBytes += other.linkBytes
        self.roundTripSeconds = max(self.roundTripSeconds, other.roundTripSeconds)
        self.draftTokenSeconds = max(self.draftTokenSeconds, other.draftTokenSeconds)
    }
}
