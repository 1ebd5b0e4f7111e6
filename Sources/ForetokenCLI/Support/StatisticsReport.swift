import CommandSupport
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
        } else if statistics.pricedBlocks > 0 {
            // There is a draft, and it found nothing worth sending.
            parts.append("nothing drafted: a draft token would cost \(statistics.meanPrice.text(2)) tokens here")
        }
        return parts.joined(separator: ", ")
    }

    var json: JSON {
        .members(
            self.statistics.figures.map { name, figure in
                switch figure {
                case .count(let count): (name, .integer(count))
                case .measure(let value): (name, .number(value))
                }
            })
    }
}
