/// `ConfidenceLookahead` with a threshold that is refitted online from which drafted probabilities were accepted and
/// which rejected: the later assisted generation of Hugging Face Transformers (assistant confidence threshold with the
/// receiver operating characteristic).
///
/// Begins at 0.4. With at least 6 judged tokens of both kinds, the threshold is the drafted probability that minimizes
/// the rate of false positives (rejected tokens at or above it) plus three times that of false negatives (accepted
/// tokens below it), the highest among equals. There all judged tokens of a generation count; that the last 512 do is
/// ours.
public struct AdaptiveConfidenceLookahead: Lookahead {
    public private(set) var threshold: Float = 0.4
    public let cap: Int
    private var judged: [(probability: Float, accepted: Bool)] = []

    private static let least = 6
    private static let most = 512

    public init(cap: Int = 20) {
        self.cap = cap
    }

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        ConfidenceLookahead(threshold: self.threshold, cap: self.cap).wantsMore(after: drafted)
    }

    public mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) {
        for (index, token) in drafted.prefix(accepted + 1).enumerated() where !token.probability.isNaN {
            self.judged.append((token.probability, index < accepted))
        }
        self.judged.removeFirst(max(0, self.judged.count - Self.most))
        self.refit()
    }

    private mutating func refit() {
        let positives = self.judged.count { $0.accepted }
        let negatives = self.judged.count - positives
        guard self.judged.count >= Self.least, positives > 0, negatives > 0 else { return }
        let ranked = self.judged.sorted { $0.probability > $1.probability }
        // At or above the threshold, as it sinks from one drafted probability to the next.
        var (truePositives, falsePositives) = (0, 0)
        var best = Double.infinity
        for (index, sample) in ranked.enumerated() {
            if sample.accepted { truePositives += 1 } else { falsePositives += 1 }
            if index + 1 < ranked.count, ranked[index + 1].probability == sample.probability { continue }
            let misses = Double(positives - truePositives) / Double(positives)
            let cost = Double(falsePositives) / Double(negatives) + 3 * misses
            if cost < best - 1e-12 { (best, self.threshold) = (cost, sample.probability) }
        }
    }
}
