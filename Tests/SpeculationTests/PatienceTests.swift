internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct PatienceTests {
    @Test func beforeAnythingIsMeasuredTheFirstLimitHolds() {
        #expect(Patience(first: 0.5).limit == 0.5)
    }

    @Test func theFirstDelayCountsThreeTimesOver() {
        var patience = Patience(first: 0.5, least: 0.002, most: 2)
        patience.learn(0.1)
        #expect(abs(patience.limit - 0.302) < 1e-9)
    }

    @Test func steadyDelaysNarrowTheLimitDownToThem() {
        var patience = Patience(least: 0.002)
        for _ in 0..<100 { patience.learn(0.1) }
        #expect(abs(patience.limit - 0.102) < 1e-6)
    }

    @Test func waveringDelaysWidenItAgain() {
        var patience = Patience(least: 0)
        for round in 0..<100 { patience.learn(round % 2 == 0 ? 0.05 : 0.15) }
        #expect(patience.limit > 0.2 && patience.limit < 0.4)
    }

    @Test func aWaitInVainDoublesItUpToTheMostAndTheNextArrivalUndoesThat() {
        var patience = Patience(first: 0.5, least: 0, most: 2)
        for _ in 0..<50 { patience.learn(0.1) }
        let usual = patience.limit
        patience.miss()
        #expect(abs(patience.limit - 2 * usual) < 1e-9)
        for _ in 0..<20 { patience.miss() }
        #expect(patience.limit == 2)
        patience.learn(0.1)
        #expect(abs(patience.limit - usual) < 1e-3)
    }
}
