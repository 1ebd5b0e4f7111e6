import CommandSupport
import Foundation
import Simulation

/// How `marginal` came through a run in which everything changes.
struct DriftReport {
    let costs: String
    let outcomes: [Drift.Outcome]

    /// What its rate loses against the best rule of each phase.
    var loss: Double {
        let best = self.outcomes.reduce(0) { $0 + $1.bestSeconds }
        return 1 - best / self.outcomes.reduce(0) { $0 + $1.seconds }
    }

    var text: String {
        var lines = ["", "\(self.costs): one run, speed-up over the target alone"]
        lines.append(
            "phase".padded(18) + "tokens".padded(9, right: true) + "marginal".padded(11, right: true)
                + "best".padded(9, right: true) + "  rule")
        for outcome in self.outcomes {
            let domain = outcome.domain.isEmpty ? "texts" : outcome.domain
            lines.append(
                "\(domain), \(outcome.delayMilliseconds.text(0)) ms".padded(18)
                    + "\(outcome.tokens)".padded(9, right: true)
                    + (outcome.aloneSeconds / outcome.seconds).text(3).padded(11, right: true)
                    + (outcome.aloneSeconds / outcome.bestSeconds).text(3).padded(9, right: true)
                    + "  \(outcome.bestRule)")
        }
        let loss = self.loss * 100
        lines.append(
            "against the best rule and value of each phase, or the target alone, marginal "
                + (loss < 0 ? "gains \((-loss).text(1)) %" : "loses \(loss.text(1)) %"))
        return lines.joined(separator: "\n") + "\n"
    }
}
