internal import Foundation
internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct AcceptanceModelTests {
    static func token(_ random: inout SplitMix64) -> DraftedToken {
        let probability = Float.random(in: 0.02...1, using: &random)
        return DraftedToken(
            token: 1, probability: probability,
            entropy: max(0, 3 * (1 - probability) + .random(in: -0.5...0.5, using: &random)),
            margin: probability * .random(in: 0.3...1, using: &random))
    }

    /// A world quite unlike the prior.
    static func truth(_ token: DraftedToken, _ index: Int) -> Double {
        let logit =
            -0.5 + 1.1 * log(Double(token.probability)) - 0.2 * Double(token.entropy)
            + 2.5 * Double(token.margin) - 0.04 * Double(index)
        return 1 / (1 + exp(-logit))
    }

    /// Expected calibration error over ten equal bins (Naeini, Cooper, Hauskrecht, AAAI 2015), against true probabilities.
    static func calibrationError(_ pairs: [(predicted: Double, truth: Double)]) -> Double {
        let bins = Dictionary(grouping: pairs) { min(Int($0.predicted * 10), 9) }
        return bins.values.reduce(0) { sum, bin in
            sum + abs(bin.reduce(0) { $0 + $1.predicted - $1.truth })
        } / Double(pairs.count)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func itBecomesCalibratedInAWorldUnlikeItsPrior(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var model = AcceptanceModel()
        var before: [(Double, Double)] = []
        var behind: [(Double, Double)] = []
        for count in 0..<3000 {
            let (token, index) = (Self.token(&random), Int.random(in: 0..<12, using: &random))
            let truth = Self.truth(token, index)
            let pair = (model.probability(of: token, index: index), truth)
            if count < 300 { before.append(pair) } else if count >= 1000 { behind.append(pair) }
            model.learn(token, index: index, accepted: random.chance(truth))
        }
        #expect(Self.calibrationError(behind) < 0.03)
        #expect(Self.calibrationError(behind) < Self.calibrationError(before))
        let error = behind.reduce(0) { $0 + abs($1.0 - $1.1) } / Double(behind.count)
        #expect(error < 0.05, "each prediction is near the truth, not only their mean")
    }

    @Test func theShippedPriorTrustsSureTokensAndDoubtsUnsureOnes() {
        let model = AcceptanceModel()
        let sure = DraftedToken(token: 1, probability: 0.99, entropy: 0.05, margin: 0.98, gap: 5)
        let unsure = DraftedToken(token: 1, probability: 0.1, entropy: 3, margin: 0.02, gap: 0.2)
        #expect(model.probability(of: sure, index: 0) > 0.9)
        #expect(model.probability(of: unsure, index: 0) < 0.4)
        let survival = model.survival(of: [sure, unsure])
        #expect(survival.count == 3 && survival[0] == 1 && survival[2] < survival[1])
    }

    @Test func whatNoTokenShouldSayLeavesItFiniteAndAbleToLearn() {
        var random = SplitMix64(seed: 3)
        var model = AcceptanceModel()
        let odd: [Float] = [.nan, .infinity, -.infinity, 0, -1, 1e30, .leastNonzeroMagnitude]
        for count in 0..<3000 {
            let token = DraftedToken(
                token: 1, probability: odd.randomElement(using: &random)!, entropy: odd.randomElement(using: &random)!,
                margin: odd.randomElement(using: &random)!)
            let index = [0, .max, .min, 63].randomElement(using: &random)!
            model.learn(token, index: index, accepted: count % 2 == 0)
            let probability = model.probability(of: token, index: index)
            #expect(probability > 0 && probability < 1)
        }
        for _ in 0..<1000 {
            model.learn(DraftedToken(token: 1, probability: 0.9, entropy: 0.3, margin: 0.85), index: 0, accepted: true)
        }
        let probability = model.probability(
            of: DraftedToken(token: 1, probability: 0.9, entropy: 0.3, margin: 0.85), index: 0)
        #expect(probability > 0.9)
    }

    @Test func anAdversaryWhoAlwaysDeniesThePredictionGainsNothingLasting() {
        var random = SplitMix64(seed: 4)
        var model = AcceptanceModel()
        for _ in 0..<5000 {
            let token = Self.token(&random)
            model.learn(token, index: 0, accepted: model.probability(of: token, index: 0) < 0.5)
        }
        for _ in 0..<5000 { model.learn(Self.token(&random), index: 0, accepted: false) }
        var pairs: [(Double, Double)] = []
        for count in 0..<3000 {
            let token = Self.token(&random)
            let truth = Self.truth(token, 0)
            if count > 1500 { pairs.append((model.probability(of: token, index: 0), truth)) }
            model.learn(token, index: 0, accepted: random.chance(truth))
        }
        #expect(Self.calibrationError(pairs) < 0.04)
    }

    @Test func featuresThatAreNoNumbersOrTooFewTeachNothing() {
        var model = LogisticModel(.init(weights: [1, -1], variances: [1, 1]))
        let before = model
        model.learn([.nan, 1], true)
        model.learn([.infinity, 1], true)
        model.learn([1], true)
        #expect(model == before)
        #expect(model.probability([.nan, 1]) == 0.5)
        for _ in 0..<200 { model.learn([1e150, -1e150], true) }
        #expect(model.weights.allSatisfy { $0.isFinite && abs($0) <= 20 })
    }

    @Test func theNextTokenIsPredictedFromTheLastWherePlacesComeInRuns() {
        var random = SplitMix64(seed: 5)
        var model = NextTokenModel()
        var isEasy = true
        for _ in 0..<3000 {
            let last = isEasy ? 0.95 : 0.4
            if random.chance(0.1) { isEasy.toggle() }
            model.learn(index: 3, last: last, running: 0.7, accepted: random.chance(isEasy ? 0.95 : 0.4))
        }
        #expect(abs(model.probability(index: 3, last: 0.95, running: 0.7) - 0.895) < 0.04)
        #expect(abs(model.probability(index: 3, last: 0.4, running: 0.7) - 0.455) < 0.08)
        #expect(model.probability(index: 0, last: nil, running: .nan).isFinite)
    }

    @Test func aContextLearnsFromEveryJudgedTokenAndFromNoOther() {
        var context = LookaheadContext()
        let tokens = Array(repeating: DraftedToken(token: 1, probability: 0.5), count: 6)
        var expected = AcceptanceModel()
        for (index, accepted) in [true, true, false].enumerated() {
            expected.learn(tokens[index], index: index, accepted: accepted)
        }
        context.learn(Round(drafted: tokens, sent: 4, agreed: 2, judged: 3, seconds: 1))
        #expect(context.acceptance == expected)
        #expect(context.runningAcceptance < 0.7)
        context.learn(Round(drafted: [], sent: 0, agreed: 0, judged: 0, seconds: 1))
        context.learn(Round(drafted: tokens, sent: 9, agreed: 99, judged: 99, seconds: .nan))
        #expect(context.runningAcceptance.isFinite)
    }
}
