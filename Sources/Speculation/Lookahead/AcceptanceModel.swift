/// Predicts whether the target chooses a drafted token too, given that it chose all before it in the block.
///
/// Calibrated online: the prior stands for a draft about as good as small models of a family are, and the outcomes of
/// this draft, target and text take over within some hundred tokens. The prior's constants are ours.
public struct AcceptanceModel: Equatable, Sendable {
    private var model: LogisticModel

    /// Weights of: 1, the logarithm of the token's probability, the entropy in nats, the margin, and the index in the
    /// block in units of 8.
    public static let prior = LogisticModel.Prior(
        weights: [1.2, 0.6, -0.35, 2, 0], variances: [1, 0.3, 0.3, 1, 0.1])

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

    /// For each number of tokens, from 0, the probability that so many leading ones are all accepted.
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
        return [1, naturalLogarithm(max(probability, 3e-4)), entropy, margin, Double(min(max(index, 0), 32)) / 8]
    }
}
