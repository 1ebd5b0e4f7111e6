internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct WaitingTests {
    /// One whose blocks of four come 10 ms after a verdict, `right` of ten with a right first token.
    static func waiting(right: Int = 7, arrival: Seconds = 0.01, rests: Int = 0) -> Waiting {
        var waiting = Waiting(Patience(first: 0.5, least: 0.002))
        for round in 0..<200 {
            waiting.tell(position: round, now: Seconds(round))
            _ = waiting.hear(position: round, now: Seconds(round) + arrival)
            waiting.learn(isFirstRight: round % 10 < right)
            waiting.learn(accepted: right / 3, of: 4)
            for _ in 0..<rests {
                waiting.tell(position: round, now: Seconds(round))
                _ = waiting.hear(position: round, isBlock: false, now: Seconds(round) + arrival)
            }
        }
        return waiting
    }

    /// Passes that all take as long, as on hardware with wide units.
    static func flat(_ rows: Int) -> Seconds { 0.05 }
    /// As on a CPU: each row costs, and the second most.
    static func steep(_ rows: Int) -> Seconds { rows == 1 ? 0.025 : 0.04 + 0.003 * Seconds(rows) }

    static func choice(
        _ waiting: Waiting, elapsed: Seconds = 0, others: Int = 0, rate: Double = 30,
        cost: @escaping Waiting.Cost = Self.flat
    ) -> Waiting.Choice {
        waiting.choose(since: 100, now: 100 + elapsed, others: others, rate: rate, cost: cost)
    }

    @Test func aBlockThatIsSoonThereIsWaitedForAsLongAsItUsuallyTakes() {
        guard case .wait(let until) = Self.choice(Self.waiting()) else {
            Issue.record("does not wait")
            return
        }
        #expect(until > 100.01 && until < 100.02)
        #expect(Self.choice(Self.waiting(), elapsed: until - 100) == .step)
    }

    @Test(arguments: [0.03, 0.05, 0.2]) func aBlockThatComesLaterThanAPlainTokenIsNot(arrival: Seconds) {
        // With flat passes: u a T = 0.7 * 50 ms at most.
        #expect(Self.choice(Self.waiting(arrival: 0.04)) == .step)
        #expect(Self.choice(Self.waiting(arrival: arrival), cost: Self.steep) == .step)
    }

    @Test func whereTheFirstTokenIsOftenWrongOrRowsAreDearAPlainTokenIsTheBetterChoice() {
        #expect(Self.choice(Self.waiting(right: 1)) == .step)
        #expect(Self.choice(Self.waiting(right: 7), cost: Self.steep) == .step)
        guard case .wait = Self.choice(Self.waiting(right: 10, arrival: 0.002), cost: Self.steep) else {
            Issue.record("does not wait for what is surely right")
            return
        }
    }

    @Test func aDraftThatMostlyHasNothingToSendIsNotWaitedFor() {
        #expect(Self.choice(Self.waiting(rests: 12)) == .step)
    }

    @Test func ofSynchronousRoundsEveryBlockIsWaitedFor() {
        var waiting = Waiting(isSynchronous: true)
        waiting.tell(position: 1, now: 99)
        _ = waiting.hear(position: 1, now: 99.4)
        waiting.learn(isFirstRight: false)
        guard case .wait = Self.choice(waiting) else {
            Issue.record("does not wait")
            return
        }
    }

    /// With or without others: the draft is at work only while no pass is.
    @Test(arguments: [0, 3]) func whoTakesTurnsIsWaitedForAsLongAsAPlainTokenTakes(others: Int) {
        var waiting = Waiting(takesTurns: true)
        for position in 1...64 {
            waiting.tell(position: position, now: Seconds(position))
            _ = waiting.hear(position: position, now: Seconds(position) + 0.001)
        }
        func choice(after seconds: Seconds) -> Waiting.Choice {
            waiting.choose(since: 100, now: 100 + seconds, others: others, rate: 100) { _ in 0.01 }
        }
        #expect(waiting.arrival.limit < 0.004)
        #expect(choice(after: 0.009) == .wait(until: 100.01))
        #expect(choice(after: 0.011) == .step)
    }

    @Test func amongOthersASequenceTakesItsRowWhereThatCostsLittleAndIsLeftOutWhereItCostsAPass() {
        #expect(Self.choice(Self.waiting(arrival: 0.03), others: 4, rate: 100) == .step)
        // A row more would need another kernel; nearly every block begins right, and a pass brings hardly more than one.
        var waiting = Self.waiting(right: 10, arrival: 0.02)
        for _ in 0..<100 { waiting.learn(accepted: 0, of: 1) }
        #expect(Self.choice(waiting, others: 4, rate: 100) { $0 <= 4 ? 0.05 : 0.1 } == .skip)
    }

    @Test func onlyWhatAnswersAVerdictTellsHowLongAnAnswerTakes() {
        var waiting = Waiting()
        #expect(Self.choice(waiting) == .step)
        #expect((waiting.hear(position: 3, now: 1)) == false)
        waiting.tell(position: 3, now: 1)
        #expect((waiting.hear(position: 3, now: 1.25)) == true)
        #expect(waiting.arrival.usual == 0.25)
        #expect((waiting.hear(position: 3, now: 9)) == false, "the second copy tells nothing")
        for position in 0..<1000 { waiting.tell(position: position, now: 2) }
        #expect((waiting.hear(position: 10, now: 3)) == false, "only the latest are kept")
    }
}
