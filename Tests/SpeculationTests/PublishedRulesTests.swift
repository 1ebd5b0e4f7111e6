internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct PublishedRulesTests {
    static func drafted(_ probabilities: [Float]) -> [DraftedToken] {
        probabilities.map { DraftedToken(token: 1, probability: $0) }
    }

    // MARK: confidence-adaptive

    @Test func theAdaptiveThresholdBeginsAt04AndWaitsForSixJudgedTokensOfBothKinds() {
        var rule = AdaptiveConfidenceLookahead()
        #expect(LookaheadTests.length(rule, [0.9, 0.4, 0.39, 0.9]) == 3)
        #expect(LookaheadTests.length(rule, LookaheadTests.sure) == 20)
        rule.learn(accepted: 2, of: Self.drafted([0.9, 0.8, 0.1, 0.9, 0.9]), seconds: 1)
        rule.learn(accepted: 1, of: Self.drafted([0.7, 0.2]), seconds: 1)
        #expect(rule.threshold == 0.4, "five are judged; what follows a rejection is not")
        rule.learn(accepted: 0, of: Self.drafted([0.3, 1]), seconds: 1)
        #expect(rule.threshold == 0.7, "the least accepted one parts them without fault")
        var sure = AdaptiveConfidenceLookahead()
        sure.learn(accepted: 20, of: Self.drafted([Float](repeating: 0.9, count: 20)), seconds: 1)
        #expect(sure.threshold == 0.4, "nothing was rejected yet")
    }

    @Test func missingAnAcceptedTokenCountsThreeTimesAWastedOne() {
        var rule = AdaptiveConfidenceLookahead()
        // Accepted 0.9, 0.8, 0.3; rejected 0.6, 0.5, 0.4. At 0.8: 0 + 3/3; at 0.3: 3/3 + 0; the higher wins the tie.
        rule.learn(accepted: 3, of: Self.drafted([0.9, 0.8, 0.3]), seconds: 1)
        for probability: Float in [0.6, 0.5, 0.4] {
            rule.learn(accepted: 0, of: Self.drafted([probability]), seconds: 1)
        }
        #expect(rule.threshold == 0.8)
        // One more accepted at 0.3: 0 + 3 x 2/4 against 1.
        rule.learn(accepted: 1, of: Self.drafted([0.3]), seconds: 1)
        #expect(rule.threshold == 0.3)
        for _ in 0..<600 { rule.learn(accepted: 0, of: Self.drafted([.nan]), seconds: 1) }
        #expect(rule.threshold == 0.3)
    }

    // MARK: cumulative

    @Test func cumulativeStopsOnceARejectionIsLikelierThanItsLimit() {
        // Accepted with 0.8 each, to rounding: 1 - 0.8^3 is 0.488, 1 - 0.8^4 is 0.590.
        var context = LookaheadContext()
        var rule = CumulativeLookahead(
            limit: 0.5,
            acceptance: AcceptanceModel(
                prior: .init(
                    weights: [logit(0.8), 0, 0, 0, 0], variances: [1, 1, 1, 1, 1])))
        #expect(LookaheadTests.length(rule, LookaheadTests.sure) == 4)
        #expect(LookaheadTests.length(CumulativeLookahead(limit: 0), LookaheadTests.sure) == 2, "at least 2")
        #expect(LookaheadTests.length(CumulativeLookahead(limit: 1), LookaheadTests.sure) == 20, "at most 20")
        rule.begin(in: &context)
        #expect(LookaheadTests.length(rule, [Float](repeating: 0.01, count: 9)) == 2, "it takes the shared estimate")
    }

    // MARK: entropy

    @Test func entropyStopsBehindATokenDrawnFromTooWideADistribution() {
        let rule = EntropyLookahead(threshold: 0.4)
        // 1 - sqrt(0.2 H) is 0.4 at H = 1.8.
        let tokens = [0.1, 1.7, 1.9, 0.1].map { DraftedToken(token: 1, probability: 0.5, entropy: $0) }
        #expect(rule.wantsMore(after: []))
        #expect(rule.wantsMore(after: Array(tokens[..<2])))
        #expect(!rule.wantsMore(after: Array(tokens[..<3])))
        #expect(!rule.wantsMore(after: Array(repeating: tokens[0], count: 20)))
        #expect(!rule.wantsMore(after: [DraftedToken(token: 1, probability: 1, entropy: .nan)]))
    }

    @Test func theEntropyThresholdFollowsTheWantedAcceptanceAndStaysAProbability() {
        var rule = EntropyLookahead(threshold: 0.4)
        let four = Self.drafted([1, 1, 1, 1])
        rule.learn(accepted: 0, of: four, seconds: 1)
        #expect(abs(rule.threshold - 0.401) < 1e-5, "a tenth of the step of 0.01")
        for _ in 0..<2000 { rule.learn(accepted: 0, of: four, seconds: 1) }
        #expect(rule.threshold == 1)
        for _ in 0..<2000 { rule.learn(accepted: 4, of: four, seconds: 1) }
        #expect(rule.threshold == 0)
        rule.learn(accepted: 0, of: [], seconds: 1)
        #expect(rule.threshold == 0)
    }

    // MARK: classifier

    /// One unit: it passes on the probability of the most probable token, less a hundredth of each index.
    static let network = AcceptanceNetwork(parameters: [1, 0, 0, 0, 0, 0, 0, 0, 0, -0.01, 0.5, 4, -4])

    static func token(top: Float, entropy: Float = 0) -> DraftedToken {
        var token = DraftedToken(token: 1, probability: 0, entropy: entropy)
        token.confidence.top[0] = top
        return token
    }

    @Test func theClassifierSendsTheFirstTokenBelowItsThresholdAndStopsBehindIt() {
        // 0.5 at 4 (top - index / 100 + 1/2) = 4, which is top = 1/2 + index / 100.
        let tokens = [0.6, 0.52, 0.515, 0.9].map { Self.token(top: $0) }
        let rule = ClassifierLookahead(threshold: 0.5, cap: 20, network: Self.network)
        #expect(rule.wantsMore(after: []))
        #expect(rule.wantsMore(after: Array(tokens[..<1])))
        #expect(rule.wantsMore(after: Array(tokens[..<2])))
        #expect(!rule.wantsMore(after: Array(tokens[..<3])), "0.515 is enough at index 1, but not at 2")
        #expect(rule.sendCount(of: Array(tokens[..<3])) == 3)
        #expect(rule.wantsMore(after: tokens))
        #expect(rule.wantsMore(after: Array(repeating: Self.token(top: 1), count: 19)))
        #expect(!rule.wantsMore(after: Array(repeating: Self.token(top: 1), count: 20)))
        #expect(!ClassifierLookahead(threshold: 0, cap: 2, network: Self.network).wantsMore(after: Array(tokens[..<2])))
    }

    @Test func theShippedClassifierGoesOnBehindSureTokensAndNotBehindUnsureOnes() {
        var sure = DraftedToken(token: 1, probability: 0.98, entropy: 0.1)
        sure.confidence.top = [0.98, 0.01, 0.005, 0.001, 0.001, 0.001, 0.0005, 0.0005]
        var unsure = DraftedToken(token: 1, probability: 0.08, entropy: 5)
        unsure.confidence.top = [0.1, 0.08, 0.06, 0.05, 0.04, 0.03, 0.03, 0.02]
        let rule = ClassifierLookahead()
        #expect(rule.wantsMore(after: [sure, sure, sure]))
        #expect(!rule.wantsMore(after: [sure, sure, unsure]))
    }

    @Test func whateverATokenSaysANetworkPredictsAProbability() {
        let odd: [Float] = [.nan, .infinity, -.infinity, -1, 0, 1e30, .leastNonzeroMagnitude]
        for network in [
            AcceptanceNetwork.shipped, AcceptanceNetwork(parameters: [Double](repeating: 1e300, count: 25)),
        ] {
            for (number, top) in odd.enumerated() {
                for index in [Int.min, 0, 5, 63, .max] {
                    var token = Self.token(top: top, entropy: odd[(number + index % 7 + 7) % 7])
                    token.confidence.top[7] = odd[(number + 3) % 7]
                    let probability = network.probability(of: token, index: index)
                    #expect(probability > 0 && probability < 1)
                }
            }
        }
    }

    @Test func aNetworkOfTwoUnitsComputesWhatItsParametersSay() {
        var token = DraftedToken(token: 1, probability: 0.5, entropy: 2)
        token.confidence.top = [0.5, 0.25, 0.125, 0, 0, 0, 0, 0]
        let network = AcceptanceNetwork(parameters: [
            2, -1, 4, 0, 0, 0, 0, 0, 0.5, 0.1, -1, 3,
            1, 1, 1, 1, 1, 1, 1, 1, 1, -1, 0.125, -7,
            0.4,
        ])
        // 2/2 - 1/4 + 4/8 + 2/2 + 3/10 - 1 = 1.55; 7/8 + 2 - 3 + 1/8 = 0, and no more at index 4.
        #expect(AcceptanceNetwork.inputs(token, index: 3) == [0.5, 0.25, 0.125, 0, 0, 0, 0, 0, 2, 3])
        let activations = network.activations(AcceptanceNetwork.inputs(token, index: 3))
        #expect(abs(activations[0] - 1.55) < 1e-12 && activations[1] == 0)
        #expect(network.activations(AcceptanceNetwork.inputs(token, index: 4))[1] == 0, "rectified")
        // 3 x 1.55 + 0.4 = 5.05.
        #expect(abs(network.logit(activations: activations) - 5.05) < 1e-12)
        #expect(abs(network.probability(of: token, index: 3) - 0.993_632_4) < 1e-6)
        // 7/8 + 2 - 2 + 1/8 = 1, of which -7.
        #expect(
            abs(network.logit(activations: network.activations(AcceptanceNetwork.inputs(token, index: 2))) + 2.25)
                < 1e-12)
    }

    // MARK: bandit and goodput

    /// The mean rate of a rule at constant acceptance, in shares of the best fixed lookahead's.
    static func share(_ rule: any Lookahead, acceptance: Double, roundTrip: Seconds) -> Double {
        let costs = RateSimulation.Costs(roundTrip: roundTrip)
        let rate = RateSimulation.rate(
            rule, costs, [RateSimulation.Kind(acceptance: acceptance)], warmUp: 1500, positions: 2500)
        return rate / RateSimulation.bestFixed(acceptance: acceptance, costs).rate
    }

    @Test func theBanditTriesEveryNumberAndThenTheOneWithTheLeastTimePerTokenMost() {
        var rule = BanditLookahead()
        var counts: [Int] = []
        for round in 0..<2000 {
            let count = LookaheadTests.length(rule, LookaheadTests.sure)
            counts.append(count)
            // Seven tokens are accepted at most, often three: a token takes 28 ms with 7, 32 ms with 3, and more with 8.
            let accepted = min(count, mixed(UInt64(round)) % 2 == 0 ? 7 : 3)
            rule.learn(
                accepted: accepted, of: Self.drafted([Float](repeating: 1, count: count)),
                seconds: 0.1 + 0.01 * Double(count))
        }
        #expect(counts.prefix(20).elementsEqual(1...20))
        let most = Dictionary(grouping: counts.suffix(1000)) { $0 }.max { $0.value.count < $1.value.count }!
        #expect(most.key == 7)
        #expect(Self.share(BanditLookahead(), acceptance: 0.8, roundTrip: 0.05) > 0.93)
    }

    @Test func theBanditsTimeAndTokensAreRatiosOfSums() {
        var rule = BanditLookahead()
        for count in 1...20 {
            rule.learn(
                accepted: 0, of: Self.drafted([Float](repeating: 1, count: count)), seconds: count == 13 ? 0.1 : 1)
        }
        #expect(rule.count == 13)
        for bad in [Double.nan, .infinity, -1] { rule.learn(accepted: 5, of: Self.drafted([1]), seconds: bad) }
        rule.learn(accepted: 0, of: [], seconds: 1)
        #expect(rule.count == 13)
    }

    @Test(arguments: [(0.6, 0.0), (0.8, 0.05), (0.9, 0.15)])
    func goodputFindsNearlyTheBestFixedNumber(acceptance: Double, roundTrip: Seconds) {
        #expect(Self.share(GoodputLookahead(), acceptance: acceptance, roundTrip: roundTrip) > 0.98)
    }

    @Test func goodputSurvivesRoundsThatSayNothing() {
        var rule = GoodputLookahead()
        for seconds in [Double.nan, 0, -1, .infinity] {
            rule.learn(accepted: 1, of: Self.drafted([1]), seconds: seconds)
        }
        rule.learn(accepted: 0, of: [], seconds: 1)
        #expect(rule.count == 1)
        for _ in 0..<50 {
            rule.learn(accepted: 64, of: Self.drafted([Float](repeating: 1, count: 64)), seconds: 1)
            #expect(GoodputLookahead.counts.contains(rule.count))
        }
    }
}
