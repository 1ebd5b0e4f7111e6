internal import Foundation
internal import TestSupport
internal import Testing

@testable import Speculation

@Suite(.oneAtATime) struct LookaheadTunerTests {
    /// What a request measures whose costs are constant and whose acceptance is exactly as expected.
    static func request(
        acceptance a: Double, lookahead n: Int, draftToken: Seconds, roundTrip: Seconds, pass: Seconds, row: Seconds = 0
    ) -> Statistics {
        var statistics = Statistics()
        statistics.rounds = n > 0 ? 10_000 : 0
        statistics.targetPasses = 10_001
        statistics.draftTokens = statistics.rounds * n
        let run = (0..<n).reduce(0.0) { sum, i in sum + pow(a, Double(i + 1)) }
        statistics.acceptedTokens = Int((run * Double(statistics.rounds)).rounded())
        statistics.passMicroseconds = UInt64(((pass + Double(n) * row) * 1e6 * 10_000).rounded())
        statistics.draftingMicroseconds = UInt64((draftToken * 1e6 * Double(statistics.draftTokens)).rounded())
        statistics.roundTripMicroseconds = UInt64((roundTrip * 1e6).rounded())
        return statistics
    }

    static func tuner(
        acceptance a: Double, draftToken: Seconds = 0.010, roundTrip: Seconds, pass: Seconds, row: Seconds = 0
    ) -> LookaheadTuner {
        var tuner = LookaheadTuner()
        for round in 0..<60 {
            tuner.learn(
                self.request(
                    acceptance: a, lookahead: round % 2 == 0 ? 5 : 0, draftToken: draftToken, roundTrip: roundTrip,
                    pass: pass, row: row))
        }
        return tuner
    }

    @Test func `Nothing measured gives a lookahead of 4`() {
        #expect(LookaheadTuner().lookahead == 4)
        var tuner = LookaheadTuner()
        tuner.learn(Statistics())
        #expect(tuner == LookaheadTuner())
    }

    @Test(arguments: [0.3, 0.5, 0.7, 0.9, 0.97], [1, 3, 5, 12])
    func `Acceptance is found from runs of any length`(acceptance: Double, lookahead: Int) {
        var tuner = LookaheadTuner()
        for _ in 0..<20 {
            tuner.learn(
                Self.request(
                    acceptance: acceptance, lookahead: lookahead, draftToken: 0.01, roundTrip: 0, pass: 0.1))
        }
        #expect(abs(tuner.acceptanceRate - acceptance) < 0.002)
    }

    @Test func `Everything or nothing accepted are acceptances too`() {
        for (acceptance, expected) in [(0.0, 0.0), (1.0, 1.0)] {
            var tuner = LookaheadTuner()
            for _ in 0..<40 {
                tuner.learn(
                    Self.request(acceptance: acceptance, lookahead: 4, draftToken: 0.01, roundTrip: 0, pass: 0.1))
            }
            #expect(abs(tuner.acceptanceRate - expected) < 0.001)
        }
    }

    @Test func `Time of a pass and of a row are told apart`() {
        let tuner = Self.tuner(acceptance: 0.7, roundTrip: 0.02, pass: 0.1, row: 0.004)
        #expect(abs(tuner.pass - 0.1) < 1e-4)
        #expect(abs(tuner.row - 0.004) < 1e-4)
        #expect(abs(tuner.draftToken - 0.01) < 1e-6)
        #expect(abs(tuner.roundTrip - 0.02) < 1e-6)
    }

    @Test(arguments: [1, 5, 9, 16])
    func `While rows have not differed a pass still takes its time`(lookahead: Int) {
        var tuner = LookaheadTuner()
        tuner.learn(Self.request(acceptance: 0.7, lookahead: lookahead, draftToken: 0.01, roundTrip: 0, pass: 0.1))
        #expect(tuner.pass > 0.02)
        #expect(abs(tuner.pass + Double(lookahead) * tuner.row - 0.1) < 1e-6)
    }

    @Test(arguments: [(0.5, 0.047), (0.7, 0.144), (0.85, 0.265), (0.9, 0.319)])
    func `Break-even round trips of five tokens are the published ones`(acceptance: Double, roundTrip: Seconds) {
        let near = Self.tuner(acceptance: acceptance, roundTrip: roundTrip - 0.001, pass: 0.1)
        let far = Self.tuner(acceptance: acceptance, roundTrip: roundTrip + 0.001, pass: 0.1)
        #expect(near.rate(at: 5) > near.rate(at: 0))
        #expect(far.rate(at: 5) < far.rate(at: 0))
    }

    @Test(arguments: [(0.5, 0.058), (0.7, 0.146), (0.85, 0.368)])
    func `Beyond the break-even round trip of the best lookahead the target goes alone`(
        acceptance: Double, roundTrip: Seconds
    ) {
        #expect(Self.tuner(acceptance: acceptance, roundTrip: roundTrip - 0.003, pass: 0.1).lookahead > 0)
        #expect(Self.tuner(acceptance: acceptance, roundTrip: roundTrip + 0.003, pass: 0.1).lookahead == 0)
    }

    @Test func `The best lookahead grows with the round trip`() {
        let best = [0, 0.005, 0.02, 0.05, 0.1, 0.2].map {
            Self.tuner(acceptance: 0.85, roundTrip: $0, pass: 0.1).lookahead
        }
        #expect(best == best.sorted())
        #expect(best.first! + 3 <= best.last!)
    }

    @Test func `A draft as slow as the target is not asked`() {
        #expect(Self.tuner(acceptance: 0.7, draftToken: 0.1, roundTrip: 0, pass: 0.1).lookahead == 0)
        #expect(Self.tuner(acceptance: 0.9, draftToken: 0.001, roundTrip: 0, pass: 0.1).lookahead > 8)
    }
}
