public import Speculation

/// A rule in a comparison.
public struct Contender: Sendable {
    /// As users write it; `oracle` for the one that only a replay can have.
    public var name: String
    /// The rule without its value, synchronous or not: contenders of one family are tuned against each other.
    public var family: String
    /// The rule by which target and draft are told whether rounds are synchronous, and rows are priced.
    public let rule: LookaheadRule
    /// Whether it drafts exactly as many tokens as will be accepted.
    let isOracle: Bool
    let make: @Sendable () -> any Lookahead

    /// - Returns: `nil` for `off`, which drafts nothing and needs no replay.
    public init?(_ rule: LookaheadRule) {
        guard let lookahead = rule.makeLookahead() else { return nil }
        self.init(name: rule.description, rule: rule) { lookahead }
    }

    /// - Parameter make: of a rule that users cannot write.
    init(
        name: String, rule: LookaheadRule, isOracle: Bool = false, make: @escaping @Sendable () -> any Lookahead
    ) {
        self.name = name
        let plain = if case .synchronous(let rule) = rule { rule } else { rule }
        self.family = isOracle ? name : String(plain.description.prefix { $0 != ":" })
        self.rule = rule
        self.isOracle = isOracle
        self.make = make
    }

    /// Exactly as many tokens as will be accepted, in synchronous rounds.
    public static let oracle = Contender(name: "oracle", rule: .synchronous(.fixed(64)), isOracle: true) {
        FixedLookahead(LookaheadRule.mostTokens)
    }

    /// Every rule with the value it was published with, in the synchronous rounds it was published for.
    public static let published: [LookaheadRule] = [
        .fixed(4), .heuristic, .confidence(threshold: 0.4, cap: 20), .adaptiveConfidence, .cumulative(limit: 0.5),
        .entropy(threshold: 0.4), .classifier(threshold: ClassifierLookahead.threshold, cap: ClassifierLookahead.cap),
        .bandit, .goodput,
    ].map { .synchronous($0) }

    /// The published rules that have a value, with every value that they are tuned over.
    public static let tuned: [LookaheadRule] =
        (1...20).map { .synchronous(.fixed($0)) }
        + (1...9).map { .synchronous(.confidence(threshold: Float($0) / 10, cap: 20)) }
        + (1...9).map { .synchronous(.cumulative(limit: Float($0) / 10)) }
        + (1...9).map { .synchronous(.entropy(threshold: Float($0) / 10)) }
        + (1...9).map { .synchronous(.classifier(threshold: Float($0) / 10, cap: ClassifierLookahead.cap)) }
}
