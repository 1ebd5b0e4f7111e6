/// A lookahead rule by name, as users write it.
public enum LookaheadRule: Hashable, Sendable {
    /// No draft: the target alone.
    case off
    case fixed(Int)
    case heuristic
    case confidence(threshold: Float, cap: Int)
    case adaptiveConfidence
    case cumulative(limit: Float)
    case entropy(threshold: Float)
    case classifier(threshold: Float, cap: Int)
    case bandit
    case goodput
    case marginal
    /// The same rule in synchronous rounds, as published: no block leaves before the verdict on the last, and the target
    /// waits for each.
    indirect case synchronous(LookaheadRule)

    /// Most draft tokens that a block may hold, whatever the rule.
    public static let mostTokens = 64

    public var isSynchronous: Bool { if case .synchronous = self { true } else { false } }

    /// The same rule with a draft that computes on the target's cores, if it does: one that ran ahead would only take its
    /// time from the target.
    public func inTurns(_ takesTurns: Bool) -> LookaheadRule {
        takesTurns && !self.isSynchronous && self != .off ? .synchronous(self) : self
    }

    /// Whether draft tokens have to be worth their rows at the target too: all others are checked whatever that costs.
    var isPriced: Bool {
        switch self {
        case .marginal: true
        case .synchronous(let rule): rule.isPriced
        default: false
        }
    }

    /// The rule at work; `nil` where there is no draft.
    public func makeLookahead() -> (any Lookahead)? {
        switch self {
        case .off: nil
        case .fixed(let count): FixedLookahead(count)
        case .heuristic: HeuristicLookahead()
        case .confidence(let threshold, let cap): ConfidenceLookahead(threshold: threshold, cap: cap)
        case .adaptiveConfidence: AdaptiveConfidenceLookahead()
        case .cumulative(let limit): CumulativeLookahead(limit: Double(limit))
        case .entropy(let threshold): EntropyLookahead(threshold: threshold)
        case .classifier(let threshold, let cap): ClassifierLookahead(threshold: threshold, cap: cap)
        case .bandit: BanditLookahead()
        case .goodput: GoodputLookahead()
        case .marginal: MarginalLookahead()
        case .synchronous(let rule): rule.makeLookahead()
        }
    }
}
