public import Speculation

/// Replays texts under `ClassifierLookahead` to find its threshold, as the paper does: by what is generated soonest.
public struct ThresholdTuning: Sendable {
    public var texts: [Trace.Text]
    public var costs: Costs
    public var distance: Distance
    public var endTokens: Set<Token>

    public static let candidates: [Float] = (1...19).map { Float($0) / 20 }

    public init(texts: [Trace.Text], costs: Costs, distance: Distance, endTokens: Set<Token>) {
        self.texts = texts
        self.costs = costs
        self.distance = distance
        self.endTokens = endTokens
    }

    /// Tokens a second.
    public func rate(of network: AcceptanceNetwork, threshold: Float) -> Double {
        let rule = LookaheadRule.synchronous(.classifier(threshold: threshold, cap: ClassifierLookahead.cap))
        let contender = Contender(name: rule.description, rule: rule) {
            ClassifierLookahead(threshold: threshold, network: network)
        }
        var replay = Replay(contender, costs: self.costs, distance: self.distance, endTokens: self.endTokens)
        for text in self.texts { replay.run(text) }
        return replay.tally.rate
    }
}
