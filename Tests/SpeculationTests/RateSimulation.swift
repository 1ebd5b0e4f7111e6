@testable import Speculation

/// A sequence whose draft and target take turns on a virtual clock: what a rule commits in a second, in the long run.
///
/// Draft tokens come in kinds, each with its confidence and its true acceptance. Tokens are counted at their
/// expectation, given the kinds of the tokens sent, so that luck hardly enters the rate.
struct RateSimulation {
    struct Costs {
        var draftToken: Seconds = 0.010
        var roundTrip: Seconds
        var pass: Seconds = 0.100
        /// From one row to two.
        var step: Seconds = 0
        /// Of each further row, behind `freeRows`.
        var row: Seconds = 0
        var freeRows = 1

        func pass(rows: Int) -> Seconds {
            self.pass + (rows > 1 ? self.step : 0) + Double(max(0, rows - self.freeRows)) * self.row
        }
    }

    struct Kind {
        var acceptance: Double
        var token: DraftedToken

        init(acceptance: Double, entropy: Float = 0.5, margin: Float = 0.5) {
            self.acceptance = acceptance
            self.token = DraftedToken(
                token: 1, probability: Float(acceptance), entropy: entropy, margin: margin)
        }

        static let easy = Kind(acceptance: 0.95, entropy: 0.1, margin: 0.9)
        static let hard = Kind(acceptance: 0.35, entropy: 2, margin: 0.1)
    }

    var costs: Costs
    /// Equally frequent.
    let kinds: [Kind]
    /// Chance that a token is of the same kind as the one before.
    let inertia: Double
    var context = LookaheadContext()
    private(set) var book = PriceBook()
    private(set) var tokens = 0.0
    private(set) var seconds: Seconds = 0
    /// Rounds with each number of tokens sent.
    private(set) var counts: [Int: Int] = [:]
    private var random: SplitMix64
    /// Behind what is committed; drawn position by position, so that all rules meet the same text.
    private var ahead: [(kind: Kind, isAccepted: Bool)] = []
    private var position = 0

    init(costs: Costs, kinds: [Kind], inertia: Double = 0, seed: UInt64 = 1) {
        self.costs = costs
        self.kinds = kinds
        self.inertia = inertia
        self.random = SplitMix64(seed: seed)
        // Before the first block comes, the target goes alone.
        self.book.learnPass(rows: 1, seconds: costs.pass)
    }

    var rate: Double { self.tokens / self.seconds }

    /// Forgets what was counted, but not what was learned.
    mutating func resetCounts() {
        (self.tokens, self.seconds, self.counts) = (0, 0, [:])
    }

    mutating func run(_ lookahead: inout any Lookahead, to position: Int) {
        while self.position < position { self.round(&lookahead) }
    }

    mutating func skip(to position: Int) {
        self.commit(position - self.position)
    }

    private mutating func commit(_ count: Int) {
        self.look(count)
        self.ahead.removeFirst(count)
        self.position += count
    }

    private mutating func round(_ lookahead: inout any Lookahead) {
        if let price = self.book.price() { self.context.price = price }
        lookahead.begin(in: &self.context)
        var drafted: [DraftedToken] = []
        while lookahead.wantsMore(after: drafted) { drafted.append(self.kind(drafted.count).token) }
        self.look(drafted.count + 1)
        let sent = lookahead.sendCount(of: drafted)
        var agreed = 0
        while agreed < drafted.count, self.ahead[agreed].isAccepted { agreed += 1 }

        let pass = self.costs.pass(rows: sent + 1)
        let drafting = Double(drafted.count) * self.costs.draftToken
        // Nobody waits for a draft that rests.
        let seconds = (sent > 0 ? drafting + self.costs.roundTrip : 0) + pass
        let committed = min(agreed, sent) + 1
        self.book.learnRound(tokens: committed, seconds: seconds)
        self.book.learnDrafting(tokens: drafted.count, seconds: drafting)
        self.book.learnPass(rows: sent + 1, seconds: pass)
        let known = min(drafted.count, committed)
        let round = Round(
            drafted: drafted, sent: sent, agreed: min(agreed, known), judged: min(min(agreed, known) + 1, known),
            seconds: seconds)
        if sent > 0 {
            self.book.learnRoundTrip(self.costs.roundTrip)
            lookahead.learn(accepted: round.accepted, of: Array(drafted[..<sent]), seconds: seconds)
        }
        if known > 0 { self.context.learn(round) }
        self.count(sent, seconds)
        self.commit(committed)
    }

    private mutating func count(_ sent: Int, _ seconds: Seconds) {
        var survival = 1.0
        for index in 0...sent {
            self.tokens += survival
            if index < sent { survival *= self.kind(index).acceptance }
        }
        self.seconds += seconds
        self.counts[sent, default: 0] += 1
    }

    /// Of the token at an index behind what is committed.
    private mutating func kind(_ index: Int) -> Kind {
        self.look(index + 1)
        return self.ahead[index].kind
    }

    private mutating func look(_ count: Int) {
        while self.ahead.count < count {
            let stays = self.random.chance(self.inertia)
            let fresh = self.kinds.randomElement(using: &self.random)!
            let kind = stays ? self.ahead.last?.kind ?? fresh : fresh
            self.ahead.append((kind, self.random.chance(kind.acceptance)))
        }
    }
}

extension RateSimulation {
    /// Tokens a second over some positions, of a rule that has had others before to learn.
    static func rate(
        _ lookahead: any Lookahead, _ costs: Costs, _ kinds: [Kind], inertia: Double = 0, learns: Bool = true,
        warmUp: Int = 1500, positions: Int = 3000
    ) -> Double {
        var simulation = RateSimulation(costs: costs, kinds: kinds, inertia: inertia)
        var lookahead = lookahead
        if learns { simulation.run(&lookahead, to: warmUp) } else { simulation.skip(to: warmUp) }
        simulation.resetCounts()
        simulation.run(&lookahead, to: warmUp + positions)
        return simulation.rate
    }

    /// The best rate of a fixed number of tokens at constant acceptance, 0 included.
    static func bestFixed(acceptance: Double, _ costs: Costs) -> (count: Int, rate: Double) {
        let rates = (0...LookaheadRule.mostTokens).map { count in
            let tokens = (0...count).reduce((0.0, 1.0)) { sum, _ in (sum.0 + sum.1, sum.1 * acceptance) }.0
            let network = count > 0 ? costs.roundTrip + Double(count) * costs.draftToken : 0
            return tokens / (costs.pass(rows: count + 1) + network)
        }
        let best = rates.indices.max { rates[$0] < rates[$1] }!
        return (best, rates[best])
    }
}

/// Stops as a truthful cumulative rule does: it knows the true acceptances, and its limit.
struct TruthfulCumulative: Lookahead {
    var limit: Double

    func wantsMore(after drafted: [DraftedToken]) -> Bool {
        guard drafted.count < LookaheadRule.mostTokens else { return false }
        return drafted.isEmpty || drafted.reduce(1) { $0 * Double($1.probability) } > self.limit
    }
}
