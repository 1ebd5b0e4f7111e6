import Foundation

/// How good predictions were.
public struct PredictionScore: Equatable, Sendable {
    /// Mean of the negative logarithm of what was predicted for what came, in nats.
    public let loss: Double
    /// Share of outcomes that were predicted with more than one half.
    public let accuracy: Double
    /// Probability that an accepted token was predicted higher than a rejected one: the area under the receiver
    /// operating characteristic. One half where all fared the same.
    public let discrimination: Double

    /// - Parameter predictions: at least one; probabilities between 0 and 1, never quite either.
    public init(_ predictions: [(probability: Double, accepted: Bool)]) {
        let count = Double(predictions.count)
        self.loss = predictions.reduce(0) { $0 - log($1.accepted ? $1.probability : 1 - $1.probability) } / count
        self.accuracy = Double(predictions.count { ($0.probability > 0.5) == $0.accepted }) / count
        self.discrimination = Self.discrimination(predictions)
    }

    /// From the ranks of the accepted (Mann, Whitney); equal predictions share their mean rank.
    private static func discrimination(_ predictions: [(probability: Double, accepted: Bool)]) -> Double {
        let accepted = Double(predictions.count { $0.accepted })
        let rejected = Double(predictions.count) - accepted
        guard accepted > 0, rejected > 0 else { return 0.5 }
        let ranked = predictions.sorted { $0.probability < $1.probability }
        var ranks = 0.0
        var first = 0
        while first < ranked.count {
            let end = ranked[first...].firstIndex { $0.probability > ranked[first].probability } ?? ranked.count
            let rank = Double(first + end + 1) / 2
            ranks += rank * Double(ranked[first..<end].count { $0.accepted })
            first = end
        }
        return (ranks - accepted * (accepted + 1) / 2) / (accepted * rejected)
    }
}

/// Something that predicts whether drafted tokens are accepted.
public typealias Predictor = (JudgedToken) -> Double

extension PredictionScore {
    public init(_ tokens: [JudgedToken], predictor: Predictor) {
        self.init(tokens.map { (predictor($0), $0.accepted) })
    }
}
