/// Predicts whether the target will choose a token that is not drafted yet, from what is known before drafting it.
///
/// Easy and hard places come in runs, so the predicted acceptance of the last token tells of the next. The prior's
/// constants are ours: mostly the running acceptance.
public struct NextTokenModel: Equatable, Sendable {
    private var model: LogisticModel

    /// Weights of: 1, the logit of the last token's predicted acceptance, the index in the block in units of 8, and
    /// the logit of the running acceptance.
    public static let prior = LogisticModel.Prior(weights: [0, 0.1, 0, 0.8], variances: [0.5, 0.2, 0.1, 0.3])

    private static let untrained = LogisticModel(Self.prior)

    public init() {
        self.model = Self.untrained
    }

    /// - Parameters:
    ///   - index: of the token in its block, from 0.
    ///   - last: predicted acceptance of the token before it in the block; `nil` for the first.
    ///   - running: recently accepted share of judged tokens.
    public func probability(index: Int, last: Double?, running: Double) -> Double {
        self.model.probability(Self.features(index, last, running))
    }

    public mutating func learn(index: Int, last: Double?, running: Double, accepted: Bool) {
        self.model.learn(Self.features(index, last, running), accepted)
    }

    private static func features(_ index: Int, _ last: Double?, _ running: Double) -> [Double] {
        // Beyond 4 either way a logit says no more than "surely".
        let running = min(max(logit(running), -4), 4)
        let last = last.map { min(max(logit($0), -4), 4) } ?? running
        return [1, last, Double(min(max(index, 0), 32)) / 8, running]
    }
}
