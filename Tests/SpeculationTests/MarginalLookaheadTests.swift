internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct MarginalLookaheadTests {
    // MARK: One block

    /// A rule at a price, in a context that has seen constant acceptance.
    static func rule(acceptance: Double, price: Price) -> MarginalLookahead {
        // Of these draws as many are accepted as should be.
        var random = SplitMix64(seed: 5)
        var context = LookaheadContext(price: price)
        let tokens = Array(repeating: RateSimulation.Kind(acceptance: acceptance).token, count: 8)
        for _ in 0..<400 {
            var agreed = 0
            while agreed < 8, random.chance(acceptance) { agreed += 1 }
            context.learn(Round(drafted: tokens, sent: 8, agreed: agreed, judged: min(agreed + 1, 8), seconds: 0.1))
        }
        var rule = MarginalLookahead()
        rule.begin(in: &context)
        return rule
    }

    static func drafted(_ rule: MarginalLookahead, acceptance: Double) -> [DraftedToken] {
        var drafted: [DraftedToken] = []
        while rule.wantsMore(after: drafted) { drafted.append(RateSimulation.Kind(acceptance: acceptance).token) }
        return drafted
    }

    @Test func itStopsWhereSurvivalTimesNextAcceptanceFallsBelowThePrice() {
        // 0.8^i for i = 1, 2, …: 0.8, 0.64, 0.51, 0.41, 0.33.
        for (price, count) in [(0.57, 2), (0.45, 3), (0.37, 4)] {
            let rule = Self.rule(acceptance: 0.8, price: Price(perRow: 0.1, perDraftToken: price - 0.1))
            #expect(Self.drafted(rule, acceptance: 0.8).count == count, "\(price)")
        }
    }

    @Test func whatIsDraftedIsSentAsLongAsItPaysForItsRow() {
        let rule = Self.rule(acceptance: 0.8, price: Price(perRow: 0.45, perDraftToken: 0))
        let tokens = Array(repeating: RateSimulation.Kind(acceptance: 0.8).token, count: 6)
        #expect(rule.sendCount(of: tokens) == 3, "0.8^3 is 0.51, 0.8^4 is 0.41")
        #expect(rule.sendCount(of: []) == 0)
        let dear = Self.rule(acceptance: 0.8, price: Price(perRow: 2, perDraftToken: 0))
        #expect(dear.sendCount(of: tokens) == 0)
    }

    @Test func aStepInThePriceOfRowsIsLookedOver() {
        // The second row costs more than the token brings, and all behind it cost nothing.
        let rule = Self.rule(acceptance: 0.9, price: Price(rows: [0.1, 1, 0], perDraftToken: 0.05))
        #expect(Self.drafted(rule, acceptance: 0.9).count > 6)
        #expect(rule.sendCount(of: Self.drafted(rule, acceptance: 0.9)) > 6)
        let rising = Self.rule(acceptance: 0.9, price: Price(rows: [0, 0, 0, 2], perDraftToken: 0.05))
        #expect(Self.drafted(rising, acceptance: 0.9).count == 3)
    }

    @Test func anyBlockEndsAtAnyPrice() {
        for price in [0, -1, Double.nan, .infinity, 1e300] {
            var rule = MarginalLookahead()
            var context = LookaheadContext(price: Price(perRow: price, perDraftToken: price, perBlock: price))
            rule.begin(in: &context)
            let drafted = Self.drafted(rule, acceptance: 1)
            #expect(drafted.count <= LookaheadRule.mostTokens)
            #expect((0...drafted.count).contains(rule.sendCount(of: drafted)))
        }
    }

    @Test func whenNoBlockPaysTheTargetGoesAloneAndProbesBecomeRare() {
        var context = LookaheadContext(price: Price(perRow: 0.05, perDraftToken: 0.1, perBlock: 2))
        var rule = MarginalLookahead()
        let token = DraftedToken(token: 1, probability: 0.3, entropy: 3)
        var blocks: [Int] = []
        for round in 0..<3000 {
            rule.begin(in: &context)
            guard rule.sendCount(of: [token]) > 0 else { continue }
            blocks.append(round)
            context.learn(Round(drafted: [token], sent: 1, agreed: 0, judged: 1, seconds: 1))
        }
        #expect(blocks.count < 40 && blocks.last! > 2000, "\(blocks)")
        #expect(blocks[blocks.count - 1] - blocks[blocks.count - 2] >= 64)
        // The network comes near: it is back at once.
        context.price.perBlock = 0
        context.price = Price(perRow: 0, perDraftToken: 0.001)
        rule.begin(in: &context)
        #expect(rule.sendCount(of: [token]) > 0)
    }

    // MARK: The long run

    static let roundTrips: [Seconds] = [0, 0.01, 0.04, 0.08, 0.166, 0.3]

    @Test(arguments: [0.5, 0.7, 0.85, 0.9])
    func atConstantAcceptanceItsRateIsThatOfTheBestFixedLookaheadAtEveryDistance(acceptance: Double) {
        for roundTrip in Self.roundTrips {
            let costs = RateSimulation.Costs(roundTrip: roundTrip)
            let best = RateSimulation.bestFixed(acceptance: acceptance, costs)
            let rate = RateSimulation.rate(
                MarginalLookahead(), costs, [RateSimulation.Kind(acceptance: acceptance)], warmUp: 2500, positions: 1500
            )
            // Where the target alone is best, probes cost something.
            #expect(rate > (best.count > 0 ? 0.99 : 0.98) * best.rate, "\(roundTrip): \(rate / best.rate)")
        }
    }

    @Test(arguments: [0, 0.02, 0.04, 0.3])
    func aDearFirstRowKeepsItNeitherFromLearningNorFromLeaving(roundTrip: Seconds) {
        let costs = RateSimulation.Costs(roundTrip: roundTrip, step: 0.03, row: 0.008)
        let best = RateSimulation.bestFixed(acceptance: 0.5, costs)
        let rate = RateSimulation.rate(MarginalLookahead(), costs, [RateSimulation.Kind(acceptance: 0.5)])
        #expect(rate > 0.96 * best.rate, "\(rate / best.rate)")
    }

    @Test(arguments: [(0, 0.01), (0, 0.166), (0.02, 0.04)])
    func withEasyAndHardTokensItSurpassesEveryFixedLookaheadAndEqualsTheBestTruthfulThreshold(
        row: Seconds, roundTrip: Seconds
    ) {
        // As on wide hardware: the first eight rows cost nothing more.
        let costs = RateSimulation.Costs(roundTrip: roundTrip, row: row, freeRows: 8)
        let kinds = [RateSimulation.Kind.easy, .easy, .easy, .hard]
        func rate(_ rule: any Lookahead, learns: Bool = false) -> Double {
            RateSimulation.rate(rule, costs, kinds, learns: learns, warmUp: 3000, positions: 4000)
        }
        let marginal = rate(MarginalLookahead(), learns: true)
        let fixed = [5, 6, 7, 8, 10].map { rate(FixedLookahead($0)) }.max()!
        let truthful = [0.15, 0.2, 0.3, 0.35, 0.55].map { rate(TruthfulCumulative(limit: $0)) }.max()!
        #expect(marginal > 1.01 * fixed, "\(marginal / fixed)")
        #expect(marginal > 0.99 * truthful, "\(marginal / truthful)")
    }
}
