/// What the sequences of a draft share about lookahead: it is handed to the rules whenever a block is begun, and learns
/// from every round, whatever the rule.
public struct LookaheadContext: Equatable, Sendable {
    public var price: Price
    public private(set) var acceptance = AcceptanceModel()
    public private(set) var nextToken = NextTokenModel()
    /// Accepted of judged tokens; of late, about the last hundred count.
    public private(set) var runningAcceptance = 0.7
    /// Judged tokens that the running acceptance stands on, with those its prior stands for.
    private var judged = 10.0
    /// Share of rejected tokens whose runner-up was the target's own token; of late, about the last hundred count.
    public private(set) var recovery = 0.4
    private var recovered = 10.0
    /// What blocks brought and cost of late.
    public private(set) var blocks = BlockAverage()
    public var probing = Probing()

    public init(price: Price = Price(perRow: 0.05, perDraftToken: 0.1)) {
        self.price = price
    }

    /// Takes what became of a block, or of guesses that were not sent.
    public mutating func learn(_ round: Round) {
        let count = min(round.drafted.count, max(round.judged, 0))
        if round.sent > 0 {
            // Before anything is learned from the round.
            let survival = self.acceptance.survival(of: Array(round.drafted.prefix(round.sent)))
            self.blocks.learn(round, predicted: survival.dropFirst().reduce(0, +))
        }
        if let token = round.recovered, round.drafted.indices.contains(round.agreed),
            let runnerUp = round.drafted[round.agreed].runnerUp
        {
            self.recovered = min(self.recovered + 1, 100)
            self.recovery += ((runnerUp == token ? 1 : 0) - self.recovery) / self.recovered
        }
        var last: Double?
        for (index, token) in round.drafted[..<count].enumerated() {
            let accepted = index < round.agreed
            let predicted = self.acceptance.probability(of: token, index: index)
            self.nextToken.learn(index: index, last: last, running: self.runningAcceptance, accepted: accepted)
            self.acceptance.learn(token, index: index, accepted: accepted)
            self.judged = min(self.judged + 1, 100)
            self.runningAcceptance += ((accepted ? 1 : 0) - self.runningAcceptance) / self.judged
            last = predicted
        }
    }

    /// Predicted acceptance of the token behind those drafted, the last of which is predicted with `last`.
    func nextAcceptance(index: Int, last: Double?) -> Double {
        self.nextToken.probability(index: index, last: last, running: self.runningAcceptance)
    }
}
