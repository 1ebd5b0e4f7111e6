internal import Foundation
internal import TestSupport
internal import Testing

@testable import Speculation

/// The draw is a draw of the target's distribution, and shared noise makes two draws agree.
@Suite struct CouplingTests {
    static let logits: [Float] = [1.2, 0.3, -0.5, 0.9, 2.0, -1.5, 0.0, 0.3, 1.6, -3]
    static let draws = 100_000

    /// The 99.9 % quantile of chi-square (Wilson and Hilferty's cube).
    static func quantile(_ freedom: Int) -> Double {
        let k = Double(freedom)
        return k * pow(1 - 2 / (9 * k) + 3.0902 * sqrt(2 / (9 * k)), 3)
    }

    static func softmax(_ logits: [Float], temperature: Double = 1) -> [Double] {
        let weights = logits.map { exp(Double($0) / temperature) }
        let whole = weights.reduce(0, +)
        return weights.map { $0 / whole }
    }

    @Test(arguments: [
        Sampling(temperature: 1), Sampling(temperature: 0.6), Sampling(temperature: 2),
        Sampling(temperature: 1, topK: 4), Sampling(temperature: 1, topP: 0.8), Sampling(temperature: 1.3, minP: 0.2),
        Sampling(temperature: 0.8, topK: 6, topP: 0.9, minP: 0.1),
    ])
    func drawsFollowTheTruncatedDistribution(sampling: Sampling) async {
        let expected = ReferenceSampler(sampling: sampling).distribution(Self.logits)
        var counts = [Int](repeating: 0, count: Self.logits.count)
        for draw in 0..<Self.draws {
            if draw % 1000 == 0 { await Task.yield() }
            var sampling = sampling
            sampling.seed = UInt64(draw / 1000)
            counts[Int(Sampler(sampling).choose(Self.logits, position: draw % 1000).token)] += 1
        }
        var statistic = 0.0
        for (token, probability) in expected {
            let wanted = probability * Double(Self.draws)
            statistic += pow(Double(counts[Int(token)]) - wanted, 2) / wanted
        }
        #expect(expected.reduce(0) { $0 + counts[Int($1.token)] } == Self.draws, "nothing outside the cuts")
        #expect(statistic < Self.quantile(expected.count - 1), "\(sampling)")
    }

    @Test func reportedProbabilitiesAreTheFrequencies() async throws {
        let sampling = Sampling(temperature: 0.9, topK: 5, seed: 2)
        for (token, probability) in ReferenceSampler(sampling: sampling).distribution(Self.logits) {
            let draws = (0..<1000).lazy.map { Sampler(sampling).choose(Self.logits, position: $0).token }
            let position = try #require(draws.firstIndex(of: token))
            let choice = Sampler(sampling).choose(Self.logits, position: position, detail: .confidence)
            #expect(abs(Double(choice.confidence!.probability) - probability) < 1e-6)
        }
    }

    @Test(arguments: [0.1, 0.5, 1.5])
    func sharedNoiseMatchesAsOftenAsTheClosedFormSays(difference: Double) async {
        var random = SplitMix64(seed: 11)
        let draftLogits = Self.logits.map { $0 + Float(Double.random(in: -1...1, using: &random) * difference) }
        let (target, draft) = (Self.softmax(Self.logits), Self.softmax(draftLogits))
        let variation = zip(target, draft).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
        let exact = target.indices.reduce(0.0) { sum, i in
            sum + 1 / target.indices.reduce(0.0) { $0 + max(target[$1] / target[i], draft[$1] / draft[i]) }
        }
        var matches = 0
        for draw in 0..<Self.draws {
            if draw % 1000 == 0 { await Task.yield() }
            let sampler = Sampler(Sampling(temperature: 1, seed: UInt64(draw % 97)))
            let mine = sampler.choose(Self.logits, position: draw).token
            if mine == sampler.choose(draftLogits, position: draw).token { matches += 1 }
        }
        let rate = Double(matches) / Double(Self.draws)
        let error = sqrt(exact * (1 - exact) / Double(Self.draws))
        #expect(rate > (1 - variation) / (1 + variation) - 3.3 * error)
        #expect(abs(rate - exact) < 3.3 * error)
    }

    @Test func drawsAtNeighbouringPositionsAndSeedsAreIndependent() async {
        let flat: [Float] = [0, 0, 0, 0]
        let draws = 20_000
        let cells = { (pair: (Int) -> (Token, Token)) -> Double in
            var counts = [Int](repeating: 0, count: 16)
            for draw in 0..<draws {
                let (left, right) = pair(draw)
                counts[Int(left) * 4 + Int(right)] += 1
            }
            let wanted = Double(draws) / 16
            return counts.reduce(0) { $0 + pow(Double($1) - wanted, 2) / wanted }
        }
        let token = { (seed: Int, position: Int) in
            Sampler(Sampling(temperature: 1, seed: UInt64(seed))).choose(flat, position: position).token
        }
        #expect(cells { (token(5, $0), token(5, $0 + 1)) } < Self.quantile(15))
        #expect(cells { (token(5, $0), token(6, $0)) } < Self.quantile(15))
        #expect(cells { (token($0, 3), token($0 + 1, 2)) } < Self.quantile(15))
    }

    @Test func theCheapBoundIsNeverBelowTheNoise() async {
        for position in 0..<200 {
            let noise = GumbelNoise(seed: 9, position: position)
            for token: Token in 0..<500 {
                #expect(Double(noise.upperBound(of: token)) >= noise.value(of: token))
                #expect(noise.value(of: token).isFinite)
            }
        }
    }

    @Test func theNoiseNeverChangesBetweenVersions() async {
        // Draft and target of different versions share it, and a seed is a promise to the user.
        #expect(abs(GumbelNoise(seed: 0, position: 0).value(of: 0) - 0.582_860_512_620_063_7) < 1e-12)
        #expect(abs(GumbelNoise(seed: 42, position: 7).value(of: 1000) - 1.829_366_580_427_050_2) < 1e-12)
    }
}
