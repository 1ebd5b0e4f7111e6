import Foretoken

/// What a text has cost, for people and for programs.
struct StatisticsReport {
    let statistics: GenerationStatistics

    init(_ statistics: GenerationStatistics) {
        self.statistics = statistics
    }

    /// Such as `128 tokens in 0.41 s, 312 tokens/s, 41 target passes, 3.12 tokens a pass, ...`.
    var line: String {
        let statistics = self.statistics
        var parts = [
            "\(count(statistics.generatedTokens, "token")) in \(statistics.seconds.text(2)) s",
            "\(statistics.tokensPerSecond.text(0)) tokens/s",
            count(statistics.targetPasses, "target pass"),
            "\(statistics.acceptanceLength.text(2)) tokens a pass",
        ]
        if statistics.draftTokens > 0 {
            let rate = (statistics.acceptanceRate * 100).text(0)
            parts.append("\(rate) % of \(count(statistics.draftTokens, "draft token")) accepted")
            parts.append("\(statistics.meanLookahead.text(1)) a block")
            parts.append("round trip \((statistics.roundTripSeconds * 1000).shortText) ms")
        }
        return parts.joined(separator: ", ")
    }

    var json: JSON {
        let statistics = self.statistics
        func milliseconds(_ seconds: Double) -> JSON { .number(seconds * 1000, digits: 3) }

        return .object([
            "prompt_tokens": .integer(statistics.promptTokens),
            "generated_tokens": .integer(statistics.generatedTokens),
            "target_passes": .integer(statistics.targetPasses),
            "rounds": .integer(statistics.rounds),
            "draft_tokens": .integer(statistics.draftTokens),
            "accepted_tokens": .integer(statistics.acceptedTokens),
            "acceptance_rate": .number(statistics.acceptanceRate, digits: 4),
            "acceptance_length": .number(statistics.acceptanceLength, digits: 4),
            "judged_tokens": .integer(statistics.judgedTokens),
            "predicted_acceptance": .number(statistics.predictedAcceptance, digits: 4),
            "measured_acceptance": .number(statistics.measuredAcceptance, digits: 4),
            "mean_price": .number(statistics.meanPrice, digits: 4),
            "mean_lookahead": .number(statistics.meanLookahead, digits: 4),
            "mean_lookahead_of_all_passes": .number(statistics.meanLookaheadOfAllPasses, digits: 4),
            "reused_tokens": .integer(statistics.reusedTokens),
            "stale_blocks": .integer(statistics.staleBlocks),
            "missed_blocks": .integer(statistics.missedBlocks),
            "resumptions": .integer(statistics.resumptions),
            "seconds": .number(statistics.seconds, digits: 6),
            "tokens_per_second": .number(statistics.tokensPerSecond, digits: 2),
            "time_to_first_token_ms": milliseconds(statistics.timeToFirstToken),
            "prefill_ms": milliseconds(statistics.prefillSeconds),
            "generation_ms": milliseconds(statistics.generationSeconds),
            "pass_ms": milliseconds(statistics.passSeconds),
            "mean_pass_ms": milliseconds(statistics.meanPassSeconds),
            "drafting_ms": milliseconds(statistics.draftingSeconds),
            "draft_token_ms": milliseconds(statistics.draftTokenSeconds),
            "waited_ms": milliseconds(statistics.waitedSeconds),
            "round_trip_ms": milliseconds(statistics.roundTripSeconds),
        ])
    }
}
