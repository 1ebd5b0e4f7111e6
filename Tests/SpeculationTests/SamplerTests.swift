internal import Foundation
internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct SamplerTests {
    /// A row with a few likely tokens, many ties, and now and then what a model should never give.
    static func row(count: Int, flaws: Bool, _ random: inout SplitMix64) -> [Float] {
        let step: Float = random.chance(0.5) ? 0.5 : 0
        return (0..<count).map { _ in
            if flaws && random.chance(0.05) { return random.chance(0.5) ? -.infinity : .nan }
            let logit = Float.random(in: -8...4, using: &random) + Float.random(in: -4...4, using: &random)
            return step > 0 ? (logit / step).rounded() * step : logit
        }
    }

    static func sampling(_ random: inout SplitMix64) -> Sampling {
        Sampling(
            temperature: [0, 0.05, 0.3, 0.8, 1, 1.5, 5, 100].randomElement(using: &random)!,
            topK: [0, 0, 1, 2, 5, 40, 1000].randomElement(using: &random)!,
            topP: [1, 1, 0.999, 0.9, 0.5, 0.05].randomElement(using: &random)!,
            minP: [0, 0, 0.01, 0.2, 1].randomElement(using: &random)!, seed: random.next())
    }

    @Test(arguments: 0..<8)
    func choosesWhatAFullSortAndAllNoiseChoose(part: UInt64) {
        var random = SplitMix64(seed: 100 + part)
        for _ in 0..<500 {
            let logits = Self.row(count: Int.random(in: 1...80, using: &random), flaws: true, &random)
            guard logits.contains(where: { $0 > -.infinity }) else { continue }
            let sampling = Self.sampling(&random)
            let position = Int.random(in: 0..<10_000, using: &random)
            Self.compare(sampling, logits, position)
        }
    }

    @Test func choosesTheSameOverALargeVocabulary() {
        var random = SplitMix64(seed: 7)
        for position in 0..<12 {
            let logits = Self.row(count: 50_000, flaws: position % 2 == 0, &random)
            var sampling = Self.sampling(&random)
            if position < 4 { sampling.temperature = 5 }
            Self.compare(sampling, logits, position)
        }
    }

    static func compare(_ sampling: Sampling, _ logits: [Float], _ position: Int) {
        let expected = ReferenceSampler(sampling: sampling).scores(logits, position: position)
        let choice = Sampler(sampling).choose(logits, position: position, detail: [.runnerUp, .confidence])
        let plain = Sampler(sampling).choose(logits, position: position)
        let tolerance = 1e-5 * max(1, abs(expected[0].score))
        #expect(plain.token == choice.token && plain.score == choice.score, "\(sampling)")
        #expect(plain.runnerUp == plain.token && plain.runnerUpScore == plain.score, "not asked for")
        #expect(plain.confidence == nil, "not asked for")
        let distribution = ReferenceSampler(sampling: sampling).distribution(logits).map(\.probability)
        let entropy = distribution.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
        #expect(abs(Double(choice.confidence!.entropy) - entropy) < 1e-3, "\(sampling)")
        let margin = distribution[0] - (distribution.count > 1 ? distribution[1] : 0)
        #expect(abs(Double(choice.confidence!.margin) - margin) < 1e-4, "\(sampling)")
        for place in 0..<8 {
            let probability = place < distribution.count ? distribution[place] : 0
            #expect(abs(Double(choice.confidence!.top[place]) - probability) < 1e-4, "\(sampling)")
        }
        #expect(choice.token == expected[0].token, "\(sampling) \(logits.count)")
        #expect(abs(Double(choice.score) - expected[0].score) < tolerance, "\(sampling)")
        #expect(abs(Double(choice.confidence!.probability) - expected[0].probability) < 1e-4, "\(sampling)")
        let second = expected.count > 1 ? expected[1] : expected[0]
        #expect(choice.runnerUp == second.token, "\(sampling)")
        #expect(abs(Double(choice.runnerUpScore) - second.score) < tolerance, "\(sampling)")
    }

    @Test func greedyTakesTheSmallestOfEqualTokensAndTheOtherAsRunnerUp() {
        let choice = Sampler(.greedy).choose([.nan, 1, 3, 3, 3, -.infinity], position: 0, detail: [.runnerUp])
        #expect((choice.token, choice.score) == (2, 3))
        #expect((choice.runnerUp, choice.runnerUpScore) == (3, 3))
    }

    @Test(arguments: [Sampling.greedy, Sampling(temperature: 1, seed: 3)])
    func aLoneAllowedTokenIsItsOwnRunnerUp(sampling: Sampling) {
        for logits: [Float] in [[-.infinity, .nan, 2, -.infinity], [2]] {
            let choice = Sampler(sampling).choose(logits, position: 9, detail: [.runnerUp, .confidence])
            #expect(Int(choice.token) == logits.count / 2)
            #expect(choice.runnerUp == choice.token && choice.runnerUpScore == choice.score)
            #expect(choice.confidence!.probability == 1)
        }
    }

    @Test(arguments: [Sampling.greedy, Sampling(temperature: 1, topK: 2, topP: 0.9, minP: 0.1, seed: 3)])
    func rowsWithoutAFiniteMaximumGiveATokenAndAProbabilityThatIsANumber(sampling: Sampling) {
        let sampler = Sampler(sampling)
        let detail: Sampler.Detail = [.runnerUp, .confidence]
        let nothing = sampler.choose([.nan, -.infinity, .nan], position: 1, detail: detail)
        #expect(nothing.token == 0 && nothing.confidence == Confidence(probability: 0, entropy: 0, margin: 0))
        let infinite = sampler.choose([1, .infinity, .nan], position: 1, detail: detail)
        let sure = Confidence(probability: 1, entropy: 0, margin: 1, top: [1, 0, 0, 0, 0, 0, 0, 0])
        #expect(infinite.token == 1 && infinite.confidence == sure)
    }

    @Test(arguments: [Float.leastNonzeroMagnitude, 1e-38, 1e-30])
    func aVanishingTemperatureIsGreedy(temperature: Float) {
        var random = SplitMix64(seed: 5)
        for position in 0..<200 {
            let logits = Self.row(count: 50, flaws: true, &random)
            let sampling = Sampling(
                temperature: temperature, topK: position % 3, topP: position % 2 == 0 ? 1 : 0.9,
                seed: UInt64(position))
            let choice = Sampler(sampling).choose(logits, position: position, detail: .confidence)
            #expect(choice.token == Sampler(.greedy).choose(logits, position: position).token)
            #expect(choice.confidence!.probability > 0 && choice.confidence!.probability <= 1)
        }
    }

    @Test func tokensCutAwayAmongEqualsDoNotCountInTheProbability() {
        let sampling = Sampling(temperature: 1, topK: 3, seed: 1)
        let choice = Sampler(sampling).choose([2, 2, 2, 2, 2, 2], position: 4, detail: .confidence)
        #expect(choice.token < 3)
        #expect(abs(choice.confidence!.probability - 1 / 3) < 1e-6)
    }

    @Test func aLongFlatRowKeepsExactlyTheWantedMass() {
        let logits = [Float](repeating: 0.3, count: 50_000)
        let sampling = Sampling(temperature: 0.7, topP: 0.5, seed: 1)
        for position in 0..<20 {
            let choice = Sampler(sampling).choose(logits, position: position, detail: .confidence)
            #expect(choice.token < 25_001)
            #expect(abs(choice.confidence!.probability * 25_000 - 1) < 1e-3)
        }
    }

    @Test func optionsOutsideTheirRangeAreNamed() {
        #expect(Sampling.greedy.fault == nil)
        #expect(Sampling(temperature: 100, topK: 5, topP: 0.1, minP: 1).fault == nil)
        #expect(Sampling(temperature: -0.1).fault == "temperature -0.1 is outside 0...100")
        #expect(Sampling(temperature: .nan).fault != nil)
        #expect(Sampling(temperature: .infinity).fault != nil)
        #expect(Sampling(topK: -1).fault == "top-k -1 is negative")
        #expect(Sampling(topP: 0).fault != nil)
        #expect(Sampling(topP: .nan).fault != nil)
        #expect(Sampling(minP: 1.1).fault != nil)
    }
}
