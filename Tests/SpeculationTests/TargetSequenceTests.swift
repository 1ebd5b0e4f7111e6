internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct TargetSequenceTests {
    @Test func aloneTheTargetTakesPlainTokensAndWaitsForNobody() {
        var bed = Bed()
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        let (first, settlement) = bed.pass(own: [10])
        #expect((first.position, first.feed, first.candidates, first.chooses) == (0, [1, 2, 3], [], true))
        #expect(settlement.index == 0 && settlement.pieces.map(\.token) == [10] && settlement.verdict == nil)
        #expect(settlement.pieces[0].origin == .plain)
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        let (second, next) = bed.pass(own: [11])
        #expect((second.position, second.feed, next.index) == (3, [10], 1))
    }

    @Test func aSequenceInAPassIsBusy() {
        var bed = Bed()
        let pass = bed.sequence.beginPass(now: bed.now, rows: 64, chunk: 32)
        #expect(bed.sequence.readiness(now: bed.now) == .busy)
        bed.settle(pass, own: [10])
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
    }

    @Test func aPrefillGoesInChunksThatBeginAtTheirMultiples() {
        var bed = Bed(prompt: Array(1...10))
        var passes: [TargetSequence.Pass] = []
        for own: [Token] in [[], [], [50]] {
            let (pass, settlement) = bed.pass(own: own, chunk: 4)
            #expect(settlement.pieces.count == own.count)
            passes.append(pass)
        }
        #expect(passes.map(\.position) == [0, 4, 8])
        #expect(passes.map(\.feed) == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]])
        #expect(passes.map(\.chooses) == [false, false, true])
        #expect(bed.sequence.statistics.targetPasses == 1)
    }

    @Test func aBlockIsVerifiedInTheNextPassAndWhatItAcceptsIsCommitted() throws {
        var bed = try Bed.withDraft()
        try bed.send([20, 21, 22], after: 0.02)
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        bed.now += 0.003
        let (pass, settlement) = bed.pass(own: [20, 21, 9])
        #expect((pass.position, pass.feed, pass.candidates) == (5, [12], [20, 21, 22]))
        #expect(pass.rowCount == 4)
        #expect(settlement.pieces.map(\.token) == [20, 21, 9])
        #expect(settlement.pieces.map(\.origin) == [.accepted, .accepted, .recovered])
        let verdict = try #require(settlement.verdict)
        #expect((verdict.position, verdict.tokens, verdict.accepted, verdict.verified) == (6, [20, 21, 9], 2, 3))
        #expect(verdict.fingerprint == bed.sequence.history.fingerprint)
        #expect(verdict.sentMicroseconds == 77)
        #expect((2990...3010).contains(verdict.waitedMicroseconds))
        #expect((99_990...100_010).contains(verdict.passMicroseconds))
        let next = bed.sequence.beginPass(now: bed.now, rows: 9, chunk: 9)
        #expect(next.position == 8, "the rejected row is rolled back")
    }

    @Test func fullAcceptanceCommitsABonusToken() throws {
        var bed = try Bed.withDraft()
        try bed.send([20, 21])
        let (_, settlement) = bed.pass(own: [20, 21, 22])
        #expect(settlement.pieces.map(\.origin) == [.accepted, .accepted, .bonus])
        #expect(bed.sequence.beginPass(now: bed.now, rows: 9, chunk: 9).feed == [22])
    }

    @Test func rowsThatMakeUpTheLeastOfAPassAreToldApart() {
        var bed = Bed()
        bed.pass(own: [10])
        let pass = bed.sequence.beginPass(now: bed.now, rows: 64, chunk: 32, exact: ExactPasses(least: 2, most: 64))
        #expect((pass.rowCount, pass.padding) == (2, 1))
    }

    @Test func aPassTakesNoMoreCandidatesThanItHasRowsAndTheRestStillCounts() throws {
        var bed = try Bed.withDraft()
        try bed.send([20, 21, 22, 23])
        #expect(bed.pass(own: [20, 21], rows: 2, chunk: 2).pass.candidates == [20])
        #expect(bed.pass(own: [22, 23, 24]).pass.candidates == [22, 23])
    }

    @Test func anEndTokenInMidBlockEndsTheSequenceThere() throws {
        var bed = try Bed.withDraft()
        try bed.send([20, 0, 22])
        let settlement = bed.pass(own: [20, 0, 22, 23]).settlement
        #expect(settlement.finish == .stop && settlement.verdict == nil)
        #expect(settlement.pieces.map(\.token) == [20, 0])
        #expect(settlement.pieces.map(\.text) == ["\u{14}", ""], "an end token has no text")
        #expect(bed.sequence.readiness(now: bed.now) == .finished)
        #expect(try bed.send([5]) == nil)
    }

    @Test func aStopStringInMidBlockEndsTheSequenceThere() throws {
        var bed = try Bed.withDraft(stop: ["BC"])
        try bed.send([65, 66, 67, 68])
        let settlement = bed.pass(own: [65, 66, 67, 68, 69]).settlement
        #expect(settlement.finish == .stop)
        #expect(settlement.pieces.map(\.token) == [65, 66, 67])
        #expect(settlement.pieces.map(\.text) == ["A", "", ""])
        #expect(bed.sequence.statistics.acceptedTokens == 1 + 3)
    }

    @Test func atItsEndPositionASequenceIsFull() throws {
        var bed = try Bed.withDraft(limit: 5)
        try bed.send([20, 21])
        let (pass, settlement) = bed.pass(own: [20, 21])
        #expect(pass.candidates == [20], "the target's own token needs room too")
        #expect(settlement.finish == .length && bed.sequence.history.count == 8)
    }

    @Test func textThatIsStillHeldBackComesOutWithTheLastToken() {
        var bed = Bed(limit: 2, stop: ["AB!"])
        bed.pass(own: [65])
        bed.pass(own: [66])
        #expect(bed.pieces.map(\.text) == ["", "AB"])
        var ended = Bed(stop: ["AB!"])
        ended.pass(own: [65])
        #expect(ended.pass(own: [0]).settlement.pieces.map(\.text) == ["A"])
    }

    @Test func aSequenceResumesFromCommittedTokens() {
        var bed = Bed(committed: [65, 66], limit: 10, stop: ["BC"])
        #expect(bed.sequence.answerCount == 2 && bed.sequence.finish == nil)
        bed.now += 0.5
        let (pass, settlement) = bed.pass(own: [67])
        #expect((pass.position, pass.feed) == (0, [1, 2, 3, 65, 66]))
        #expect(settlement.index == 2 && settlement.finish == .stop, "the stop string began before")
        #expect(bed.sequence.statistics.generatedTokens == 1)
        #expect(bed.sequence.statistics.prefillMicroseconds >= 599_000, "a resumed sequence has a prefill too")
        #expect(bed.sequence.statistics.generationMicroseconds == 0)
    }

    @Test func aSequenceThatWasFinishedWhenItWasResumedStaysSo() {
        #expect(Bed(committed: [65, 66], limit: 2).sequence.finish == .length)
        #expect(Bed(committed: [65, 66], stop: ["AB"]).sequence.finish == .stop)
        #expect(Bed(committed: [65, 0]).sequence.finish == .stop)
        var bed = Bed(committed: [65, 0])
        #expect(bed.sequence.readiness(now: 0) == .finished)
    }

    @Test func aBlockThatCameDuringThePrefillJoinsItsLastPass() throws {
        var bed = Bed(prompt: Array(1...10))
        bed.sequence.attachDraft()
        bed.pass(own: [], chunk: 8)
        try bed.send([50, 51])
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        let pass = bed.pass(own: [50, 51, 52], chunk: 8).pass
        #expect((pass.feed, pass.candidates) == ([9, 10], [50, 51]))
    }

    @Test func countersAndPiecesFitTogether() throws {
        var random = SplitMix64(seed: 21)
        var bed = Bed(limit: 60)
        bed.sequence.attachDraft()
        var passes = 0
        while bed.sequence.finish == nil {
            let own = (0..<6).map { _ in Token.random(in: 1..<4, using: &random) }
            let room = bed.sequence.endPosition - bed.sequence.history.count
            if random.chance(0.7) { try bed.send((0..<min(3, room)).map { _ in .random(in: 1..<4, using: &random) }) }
            bed.now += 1
            let before = bed.pieces.count
            let settlement = bed.pass(own: own).settlement
            passes += 1
            #expect(settlement.index == before && !settlement.pieces.isEmpty)
        }
        let statistics = bed.sequence.statistics
        #expect(bed.pieces.map(\.token) == Array(bed.sequence.history.tokens[3...]))
        #expect(statistics.generatedTokens == bed.pieces.count && bed.pieces.count == 60)
        #expect(statistics.targetPasses == passes && statistics.rounds <= passes)
        #expect(statistics.acceptedTokens == bed.pieces.filter { $0.origin == .accepted }.count)
        #expect(statistics.acceptedTokens > 0 && statistics.acceptedTokens <= statistics.draftTokens)
        let seconds = Seconds(statistics.passMicroseconds) * 1e-6
        #expect(abs(seconds - 0.1 * Double(passes - 1)) < 1e-3, "the first pass is the prefill's")
        #expect(statistics.acceptanceLength == 60 / Double(passes))
        #expect(statistics.promptTokens == 3)
        #expect(statistics.roundTripMicroseconds == 5000)
    }
}
