/// Predicts whether the target chooses a drafted token too, given that it chose all before it in the block.
///
/// What tells most is the gap: with the `gumbel` coupling both models add the same noise, so the draft knows by how much
/// its choice won, noise included, and the target chooses otherwise only where its own scores differ by more. With
/// `greedy` the gap is that of the logits. The published rules look at the probability alone, which under noise says
/// little. Next is whether the text went on so before (`PromptLookup`).
///
/// Calibrated online: the prior stands for a draft about as good as small models of a family are, and the outcomes of
/// this draft, target and text take over within some hundred tokens. The prior's constants are ours, fitted on texts of
/// the bundled pair.
public struct AcceptanceModel: Equatable, Sendable {
    private var model: LogisticModel

    /// Weights of: 1, the logarithm of the token's probability, the entropy in nats, the margin, the index in the block
    /// in units of 8, the gap, and the logarithm of the recurrence with its sign.
    public static let prior = LogisticModel.Prior(
        weights: [-0.4, 0.2, 0, 0.8, 0, 0.85, 0.4], variances: [1, 0.1, 0.1, 1, 0.1, 0.2, 0.08])

    private static let untrained = LogisticModel(Self.prior)

    public init(prior: LogisticModel.Prior? = nil) {
        self.model = prior.map { LogisticModel($0) } ?? Self.untrained
    }

    /// - Parameter index: of the token in its block, from 0.
    public func probability(of token: DraftedToken, index: Int) -> Double {
        self.model.probability(Self.features(token, index))
    }

    public mutating func learn(_ token: DraftedToken, index: Int, accepted: Bool) {
        self.model.learn(Self.features(token, index), accepted)
    }

    /// For each number of tokens, from 0, the probability that the leading ones, that many of them, are all accepted.
    public func survival(of drafted: [DraftedToken]) -> [Double] {
        var survival = [1.0]
        survival.reserveCapacity(drafted.count + 1)
        for (index, token) in drafted.enumerated() {
            survival.append(survival[index] * self.probability(of: token, index: index))
        }
        return survival
    }

    /// Bounded whatever the token says; what is not a number counts as a guess of no confidence.
    private static func features(_ token: DraftedToken, _ index: Int) -> [Double] {
        let probability = token.probability.isNaN ? 0 : Double(min(max(token.probability, 0), 1))
        let entropy = token.entropy.isNaN ? 8 : Double(min(max(token.entropy, 0), 8))
        let margin = token.margin.isNaN ? 0 : Double(min(max(token.margin, 0), 1))
        // Where it is not known, the usual one.
        let gap = token.gap.isNaN ? 1.5 : Double(min(max(token.gap, 0), 8))
        let matched = naturalLogarithm(1 + Double(min(token.recurrence.magnitude, UInt(PromptLookup.mostMatched))))
        return [
            1, naturalLogarithm(max(probability, 3e-4)), entropy, margin, Double(min(max(index, 0), 32)) / 8, gap,
            token.recurrence < 0 ? -matched : matched,
        ]
    }
}
