/// What the sequences of a draft share about lookahead: it is handed to the rules whenever a block is begun, and learns
/// from every round, whatever the rule.
public struct LookaheadContext: Equatable, Sendable {
    public var price: Price
    /// How often guesses come true.
    public private(set) var guesses = GuessRecord()
    /// What `MarginalLookahead` keeps for the sequences to come.
    public internal(set) var marginal = MarginalMemory()

    public init(price: Price = Price(perRow: 0.05, perDraftToken: 0.1)) {
        self.price = price
    }

    public var acceptance: AcceptanceModel { self.guesses.acceptance }
    public var runningAcceptance: Double { self.guesses.runningAcceptance }
    public var recovery: Double { self.guesses.recovery }

    /// Learns from what became of a block, or of guesses that were not sent.
    public mutating func learn(_ round: Round) {
        if round.sent > 0 {
            // Before anything is learned from the round.
            let survival = self.acceptance.survival(of: Array(round.drafted.prefix(round.sent)))
            self.marginal.learn(round, predicted: survival.dropFirst().reduce(0, +))
        }
        self.guesses.learn(round)
    }

    /// Predicted acceptance of the token behind those drafted, the last of which is predicted with `last`.
    func nextAcceptance(index: Int, last: Double?) -> Double {
        self.guesses.nextAcceptance(index: index, last: last)
    }
}
