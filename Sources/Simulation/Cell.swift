public import Speculation

/// What came of one rule at one place: some texts, costs, and a delay.
public struct Cell: Codable, Equatable, Sendable {
    public var domain: String
    public var costs: String
    /// Delay of one way.
    public var delayMilliseconds: Double
    public var rule: String
    public var family: String
    public var tokens: Int
    public var seconds: Double
    /// What the target alone takes for the same tokens.
    public var aloneSeconds: Double
    public var passes: Int
    public var blocks: Int
    public var sent: Int
    public var accepted: Int

    public init(
        domain: String, costs: Costs, delay: Seconds, contender: Contender, tally: Replay.Tally
    ) {
        self.domain = domain
        self.costs = costs.name
        self.delayMilliseconds = (delay * 1e6).rounded() / 1e3
        self.rule = contender.name
        self.family = contender.family
        self.tokens = tally.tokens
        self.seconds = tally.seconds
        self.aloneSeconds = Double(tally.tokens) * costs.pass(rows: 1)
        self.passes = tally.passes
        self.blocks = tally.blocks
        self.sent = tally.sent
        self.accepted = tally.accepted
    }

    public var tokensPerSecond: Double { Double(self.tokens) / self.seconds }
    /// Over the target alone.
    public var speedUp: Double { self.aloneSeconds / self.seconds }
    /// Tokens sent in a round, those without a block counted.
    public var meanLookaheadOfAllPasses: Double { Double(self.sent) / Double(max(1, self.passes)) }
    public var acceptanceRate: Double { self.sent > 0 ? Double(self.accepted) / Double(self.sent) : 0 }
    public var acceptanceLength: Double { Double(self.tokens) / Double(max(1, self.passes)) }
}
