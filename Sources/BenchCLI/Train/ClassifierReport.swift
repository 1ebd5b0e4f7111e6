import CommandSupport
import Simulation
import Speculation

/// What training a classifier found, for people.
struct ClassifierReport {
    private let data: ClassifierData
    /// Taught with the training tokens.
    private let logistic: AcceptanceModel

    init(_ data: ClassifierData) {
        self.data = data
        var logistic = AcceptanceModel()
        var random = SplitMix64(seed: 1)
        // It forgets: in order, it would remember the last texts best.
        for token in data.training.tokens.shuffled(using: &random) {
            logistic.learn(token.token, index: token.index, accepted: token.accepted)
        }
        self.logistic = logistic
    }

    private static func describe(_ part: ClassifierData.Part) -> String {
        let accepted = part.tokens.count { $0.accepted } * 100 / part.tokens.count
        return "\(count(part.texts.count, "text")), \(part.tokens.count) judged tokens, \(accepted) % accepted"
    }

    /// How much there is to learn from.
    var tokens: String {
        ([self.data.training, self.data.validation] + self.data.tests)
            .map { "\($0.name): \(Self.describe($0))\n" }.joined()
    }

    /// How well the network and the logistic model predict.
    func scores(of network: AcceptanceNetwork) -> String {
        let parts = [self.data.training, self.data.validation] + self.data.tests
        let width = parts.map(\.name.count).max() ?? 0
        var text = "\n" + "".padded(width) + "             loss  accuracy  AUC\n"
        for part in parts {
            let scores = [
                ("network ", PredictionScore(part.tokens) { network.probability(of: $0.token, index: $0.index) }),
                ("logistic", PredictionScore(part.tokens) { self.logistic.probability(of: $0.token, index: $0.index) }),
            ]
            for (name, score) in scores {
                text += "\(part.name.padded(width, right: true))  \(name)  \(score.loss.text(4))"
                text += "   \((score.accuracy * 100).text(1)) %  \(score.discrimination.text(4))\n"
            }
        }
        return text
    }

    /// How fast the validation texts replay at each threshold.
    func rates(_ rates: [Double], costs: Costs, delay: Double) -> String {
        let best = rates.max() ?? 0
        var text = "\nvalidation texts, \(Self.describe(costs, delay))\nthreshold  tokens/s\n"
        for (threshold, rate) in zip(ThresholdTuning.candidates, rates) {
            text += "\(Double(threshold).text(2).padded(9))  \(rate.text(2).padded(8))\(rate == best ? "  best" : "")\n"
        }
        return text
    }

    private static func describe(_ costs: Costs, _ delay: Double) -> String {
        """
        \((costs.pass(rows: 1) * 1e3).shortText) ms a pass of one row, \((costs.draftToken * 1e3).shortText) ms a \
        draft token, \(delay.shortText) ms one way
        """
    }

    /// What the network stands on, for those who meet it later.
    func origin(of network: AcceptanceNetwork, _ costs: Costs, delay: Double) -> [String] {
        let first = self.data.headers[0]
        var temperatures: [String] = []
        for header in self.data.headers where !temperatures.contains("\(header.temperature)") {
            temperatures.append("\(header.temperature)")
        }
        let score = PredictionScore(self.data.validation.tokens) { network.probability(of: $0.token, index: $0.index) }
        return [
            "\(first.draft) for \(first.target), temperature \(temperatures.joined(separator: " and ")).",
            "Training: \(Self.describe(self.data.training)).",
            "Validation: \(Self.describe(self.data.validation)); loss \(score.loss.text(4)).",
            "Threshold tuned at \(Self.describe(costs, delay)).",
        ]
    }
}
