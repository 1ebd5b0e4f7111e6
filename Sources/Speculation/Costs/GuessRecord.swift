/// How a draft's guesses fare with one target: how often they are right, and how well that is predicted.
public struct GuessRecord: Equatable, Sendable {
    public private(set) var acceptance = AcceptanceModel()
    public private(set) var nextToken = NextTokenModel()
    private var accepted = RunningMean(0.7, count: 10, most: 100)
    private var predicted = RunningMean(0.7, count: 10, most: 100)
    private var recovered = RunningMean(0.4, count: 10, most: 100)

    /// Accepted of judged tokens; about the last hundred count.
    public var runningAcceptance: Double { self.accepted.value }
    /// Mean predicted acceptance of judged tokens, as `runningAcceptance` is what became of them.
    public var predictedAcceptance: Double { self.predicted.value }
    /// Share of rejected tokens whose runner-up was the target's own token; about the last hundred count.
    public var recovery: Double { self.recovered.value }

    public init() {}

    /// Learns from what became of a block, or of guesses that were not sent.
    public mutating func learn(_ round: Round) {
        let count = min(round.drafted.count, max(round.judged, 0))
        if let token = round.recovered, round.drafted.indices.contains(round.agreed),
            let runnerUp = round.drafted[round.agreed].runnerUp
        {
            self.recovered.learn(runnerUp == token ? 1 : 0)
        }
        for (index, token) in round.drafted[..<count].enumerated() {
            self.predicted.learn(self.acceptance.probability(of: token, index: index))
        }
        var last: Double?
        for (index, token) in round.drafted[..<count].enumerated() {
            let accepted = index < round.agreed
            let predicted = self.acceptance.probability(of: token, index: index)
            self.nextToken.learn(index: index, last: last, running: self.runningAcceptance, accepted: accepted)
            self.acceptance.learn(token, index: index, accepted: accepted)
            self.accepted.learn(accepted ? 1 : 0)
            last = predicted
        }
    }

    /// Predicted acceptance of the token behind those drafted, the last of which is predicted with `last`.
    func nextAcceptance(index: Int, last: Double?) -> Double {
        self.nextToken.probability(index: index, last: last, running: self.runningAcceptance)
    }
}
