public import Speculation

/// A rule in a comparison.
public struct Contender: Sendable {
    /// As users write it; `oracle` for the one that only a replay can have.
    public var name: String
    /// The rule without its value: contenders of one family are tuned against each other.
    public var family: String
    public var make: @Sendable () -> any Lookahead

    /// - Returns: `nil` for `off`, which drafts nothing and needs no replay.
    public init?(_ rule: LookaheadRule) {
        guard rule != .off else { return nil }
        self.name = rule.description
        self.family = String(rule.description.prefix { $0 != ":" })
        // Every rule but `off` has one.
        self.make = { rule.makeLookahead() ?? FixedLookahead(0) }
    }

    private init(name: String, make: @escaping @Sendable () -> any Lookahead) {
        self.name = name
        self.family = name
        self.make = make
    }

    /// Exactly as many tokens as will be accepted.
    public static let oracle = Contender(name: "oracle") { OracleLookahead() }

    /// Every rule with the value it was published with.
    public static let published: [LookaheadRule] = [
        .fixed(4), .heuristic, .confidence(threshold: 0.4, cap: 20), .adaptiveConfidence, .cumulative(limit: 0.5),
        .entropy(threshold: 0.4), .classifier(threshold: ClassifierLookahead.threshold, cap: ClassifierLookahead.cap),
        .bandit, .goodput,
    ]

    /// The published rules that have a value, with every value that they are tuned over.
    public static let tuned: [LookaheadRule] =
        (1...20).map { .fixed($0) }
        + (1...9).map { .confidence(threshold: Float($0) / 10, cap: 20) }
        + (1...9).map { .cumulative(limit: Float($0) / 10) }
        + (1...9).map { .entropy(threshold: Float($0) / 10) }
        + (1...9).map { .classifier(threshold: Float($0) / 10, cap: ClassifierLookahead.cap) }
}
