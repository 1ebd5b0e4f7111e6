internal import Foundation
internal import Measurement
internal import Speculation
internal import TestSupport
internal import Testing

@testable import Simulation

@Suite struct FleetSimulationTests {
    static let costs = try! Costs(
        name: "x", curve: [(1, 0.02), (2, 0.022), (8, 0.028), (64, 0.08)], draftToken: 0.001, overhead: 0.0005)

    static let texts = (1...20).map { seed in
        Trace.Text.synthetic(acceptance: 0.75, count: 60, promptTokens: 20, seed: UInt64(seed))
    }

    static func plan(
        _ rule: LookaheadRule, targets: Int = 2, drafts: Int = 3, slots: Int = 8, delays: [Seconds] = [0, 0.01, 0.04],
        jitter: Seconds = 0, clients: Int = 12, requests: Int = 60
    ) -> FleetPlan {
        FleetPlan(
            targets: Array(repeating: .init(costs: Self.costs, slots: slots), count: targets),
            drafts: (0..<drafts).map {
                .init(
                    costs: Self.costs, slots: slots,
                    distance: Distance(delay: delays[$0 % delays.count], jitter: jitter))
            },
            rule: rule, load: .clients(clients), requests: requests, maxTokens: 60)
    }

    static func result(_ plan: FleetPlan, texts: [Trace.Text] = Self.texts, endTokens: Set<Token> = [0]) -> FleetResult
    {
        var simulation = FleetSimulation(plan, texts: texts, endTokens: endTokens)
        while simulation.advance(events: 1000) {}
        return simulation.result
    }

    static func expectWhole(_ result: FleetResult, _ plan: FleetPlan, location: SourceLocation = #_sourceLocation) {
        #expect(result.unfinished == 0 && result.mismatches == 0, "\(result.rule)", sourceLocation: location)
        // A text that was on two targets when they were lost is not tried on a third.
        let whole = (plan.requests - result.givenUp) * 60
        #expect((whole...whole + result.givenUp * 59).contains(result.tokens), "\(result)", sourceLocation: location)
        #expect(2 * result.givenUp <= result.targetsLost * 8, "\(result)", sourceLocation: location)
    }

    private static let rules =
        ["off", "fixed:4", "marginal", "sync:marginal", "heuristic", "confidence", "cumulative:0.5"]
        + Contender.published.map(\.description)

    @Test(arguments: Self.rules)
    func everyTextIsWholeAlsoWhereDraftsAndTargetsDie(_ rule: String) throws {
        var plan = Self.plan(try LookaheadRule(rule), jitter: 0.005)
        Self.expectWhole(Self.result(plan), plan)
        plan.failures = .init(betweenTargets: 5, betweenDrafts: 3, outage: 2)
        let result = Self.result(plan)
        Self.expectWhole(result, plan)
        #expect(result.targetsLost > 0 && result.draftsLost > 0 && result.reopened > 0, "\(result)")
    }

    @Test func equalSeedsGiveEqualResultsAndOthersDoNot() {
        var plan = Self.plan(.marginal, jitter: 0.01)
        plan.load = .rate(4)
        plan.failures = .init(betweenDrafts: 5, outage: 2)
        let result = Self.result(plan)
        #expect(result == Self.result(plan))
        plan.seed = 2
        #expect(result.seconds != Self.result(plan).seconds)
    }

    @Test(arguments: [1, 3, 6], [0, 0.03])
    func synchronousRoundsOfOneSequenceHaveTheRateOfTheClosedForm(count: Int, delay: Seconds) {
        let texts = (1...12).map { ReplayTests.text(500, acceptances: [0.8], seed: $0) }
        var plan = Self.plan(
            .synchronous(.fixed(count)), targets: 1, drafts: 1, delays: [delay], clients: 1, requests: 12)
        plan.maxTokens = 500
        let result = Self.result(plan, texts: texts)
        let expected = (1 - pow(0.8, Double(count + 1))) / 0.2
        let round = Double(count) * 0.001 + 2 * delay + Self.costs.pass(rows: count + 1) + 0.0005
        let rate = 1 / result.timePerToken!.mean
        #expect(abs(rate / (expected / round) - 1) < 0.03, "\(rate / (expected / round))")
    }

    @Test func theTargetAloneTakesTheTimeOfItsPasses() {
        let result = Self.result(Self.plan(.off, targets: 1, drafts: 0, clients: 1, requests: 5))
        #expect(abs(result.timePerToken!.mean - 0.02) < 1e-9 && result.timePerToken!.spread < 1 + 1e-9)
        #expect(result.lookahead == 0 && result.drafts.isEmpty)
        let many = Self.result(Self.plan(.off, targets: 1, drafts: 0, clients: 8, requests: 40))
        #expect(many.tokensPerSecond > 4 * result.tokensPerSecond)
    }

    @Test func passesBesideManyTakeTheTimeOfThoseBesideMany() throws {
        // A second for every 1000 tokens.
        let crowd = Costs.Crowd(cells: 1000, curve: Self.costs.curve.map { ($0.rows, $0.seconds + 1) })
        let costs = try Costs(name: "y", curve: Self.costs.curve, crowd: crowd, draftToken: 0.001)
        func result(clients: Int, _ costs: Costs) -> FleetResult {
            var plan = Self.plan(.off, targets: 1, drafts: 0, clients: clients, requests: 5 * clients)
            plan.targets[0].costs = costs
            return Self.result(plan)
        }
        #expect(result(clients: 1, costs) == result(clients: 1, Self.costs), "alone there are no others")
        // Four sequences of 20 to 80 tokens each: some 150 in the others' slots.
        let (plain, dear) = (result(clients: 4, Self.costs), result(clients: 4, costs))
        let more = dear.timePerToken!.mean - plain.timePerToken!.mean
        #expect((0.1...0.2).contains(more), "\(more)")
    }

    @Test(arguments: ["off", "fixed:4", "marginal"])
    func noneOfManyClientsStarves(_ rule: String) throws {
        let plan = Self.plan(
            try LookaheadRule(rule), targets: 1, drafts: 2, slots: 32, clients: 32, requests: 160)
        let result = Self.result(plan)
        Self.expectWhole(result, plan)
        #expect(result.timePerTokenOfClients!.count == 32)
        // Five texts each, some easier than others.
        #expect(result.timePerTokenOfClients!.spread < 2, "\(result.timePerTokenOfClients!)")
    }

    @Test func nearDraftsMakeAFleetFasterAndMarginalNeverMakesItSlower() {
        let off = Self.result(Self.plan(.off))
        for delays in [[0], [0.005], [0.08], [0, 0.3]] {
            let marginal = Self.result(Self.plan(.marginal, delays: delays))
            #expect(marginal.tokensPerSecond > (delays == [0] ? 1.2 : 0.97) * off.tokensPerSecond, "\(delays)")
        }
    }

    @Test func openLoadIsServedAtItsRateAndWaitsWhereItIsTooMuch() {
        var plan = Self.plan(.marginal, requests: 200)
        plan.load = .rate(2)
        let easy = Self.result(plan)
        Self.expectWhole(easy, plan)
        #expect(abs(200 / easy.seconds - 2) < 0.5 && easy.queueing!.p95 < 0.001, "\(easy.seconds)")
        plan.load = .rate(200)
        let hard = Self.result(plan)
        Self.expectWhole(hard, plan)
        #expect(hard.queueing!.p95 > 1)
    }
}
