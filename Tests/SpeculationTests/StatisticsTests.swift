internal import TestSupport
internal import Testing

@testable import Speculation

@Suite(.oneAtATime) struct StatisticsTests {
    @Test func `Accepted tokens are counted by their place in the pass`() throws {
        var bed = try Bed.withDraft()
        #expect(bed.sequence.statistics.acceptedPerPosition == [1] + Array(repeating: 0, count: 16))
        try bed.send([20, 21, 22])
        bed.pass(own: [20, 21, 9])
        try bed.send([30, 31])
        bed.pass(own: [40])
        let long = Array<Token>(50..<70)
        try bed.send(long)
        bed.pass(own: long + [9])
        let statistics = bed.sequence.statistics
        #expect(statistics.acceptedPerPosition == [3, 2] + Array(repeating: 1, count: 14) + [4])
        #expect(statistics.acceptedPerPosition.reduce(0, +) == statistics.acceptedTokens)
    }

    @Test func `A token behind the end of the text is not counted`() throws {
        var bed = try Bed.withDraft(limit: 4)
        try bed.send([20])
        bed.pass(own: [20, 21])
        #expect(bed.sequence.finish == .length)
        #expect(bed.sequence.statistics.acceptedPerPosition.reduce(0, +) == bed.sequence.statistics.acceptedTokens)
    }

    @Test func `What the target alone would take is counted for each token behind the first`() throws {
        var bed = Bed()
        bed.sequence.attachDraft()
        bed.pass(own: [10])
        #expect(bed.sequence.statistics.aloneMicroseconds == 0, "the prefill is no part of the generation")
        bed.pass(own: [11])
        try bed.send([20, 21, 22])
        bed.pass(own: [20, 21, 9])
        #expect(abs(Int(bed.sequence.statistics.aloneMicroseconds) - 4 * 80_000) <= 4)
        #expect(abs(Int(bed.sequence.statistics.generationMicroseconds) - 200_000) <= 4)
    }

    @Test func `Messages of the draft are counted by their bytes`() {
        var bed = Bed()
        bed.sequence.count(blockOfBytes: 40)
        bed.sequence.count(blockOfBytes: 2)
        bed.sequence.count(verdictOfBytes: 30)
        #expect(bed.sequence.statistics.blockBytes == 42 && bed.sequence.statistics.verdictBytes == 30)
    }

    @Test func `A pass without draft tokens is its own measure, others are measured by it`() {
        var meter = TargetMeter()
        #expect(meter.secondsAlone(rows: 5, drafted: 4, seconds: 0.02) == 0.02, "nothing is known yet")
        for count in 1...50 {
            meter.learn(rows: 1, prefill: 0, tokens: 1, seconds: 0.01, now: Double(2 * count))
            meter.learn(rows: 2, prefill: 0, tokens: 2, seconds: 0.012, now: Double(2 * count + 1))
        }
        #expect(meter.secondsAlone(rows: 1, drafted: 0, seconds: 0.011) == 0.011)
        #expect(abs(meter.secondsAlone(rows: 5, drafted: 4, seconds: 0.02) - 0.01) < 1e-4)
        // Another sequence's row is there alone too.
        #expect(abs(meter.secondsAlone(rows: 6, drafted: 4, seconds: 0.02) - 0.012) < 1e-4)
    }
}
