internal import Foundation
internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct LikelihoodTests {
    private func likelihood(of token: Token, in logits: [Float], top count: Int) -> Likelihood {
        Likelihood(of: token, in: logits.span, top: count) { [UInt8($0 % 256)] }
    }

    @Test(arguments: 0..<4)
    func tellsWhatAFullSortAndAllExponentialsTell(part: UInt64) {
        var random = SplitMix64(seed: 300 + part)
        for _ in 0..<200 {
            let logits = SamplerTests.row(count: Int.random(in: 1...80, using: &random), flaws: true, &random)
            guard logits.contains(where: { $0 > -.infinity }) else { continue }
            let count = Int.random(in: 0...20, using: &random)
            let numbers = logits.indices.filter { !logits[$0].isNaN }
            let sorted = numbers.sorted { logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 < $1 }
            let whole = log(numbers.reduce(0) { $0 + exp(Double(logits[$1])) })
            func expected(_ index: Int) -> Double {
                logits[index].isNaN ? -9999 : max(-9999, Double(logits[index]) - whole)
            }

            let token = Int.random(in: logits.indices, using: &random)
            let likelihood = self.likelihood(of: Token(token), in: logits, top: count)
            #expect(likelihood.top.map { Int($0.token) } == Array(sorted.prefix(count)))
            #expect(likelihood.chosen.token == Token(token) && likelihood.chosen.bytes == [UInt8(token)])
            for candidate in likelihood.top + [likelihood.chosen] {
                #expect(abs(Double(candidate.logProbability) - expected(Int(candidate.token))) < 1e-4)
                #expect(candidate.logProbability <= 0)
            }
        }
    }

    @Test func rowsWithoutSenseHaveNumbersAllTheSame() {
        let infinite = self.likelihood(of: 1, in: [.infinity, 0, .infinity, .nan], top: 4)
        #expect(infinite.chosen.logProbability == -9999)
        #expect(infinite.top.map(\.token) == [0, 2, 1])
        #expect(abs(infinite.top[0].logProbability + log(2)) < 1e-6)
        let empty = self.likelihood(of: 0, in: [-.infinity, .nan], top: 2)
        #expect(empty.chosen.logProbability == -9999 && empty.top.map(\.logProbability) == [-9999])
        let sure = self.likelihood(of: 0, in: [1000, -1000], top: 1)
        #expect(sure.chosen.logProbability == 0)
    }
}
