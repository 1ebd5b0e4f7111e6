internal import TestSupport
internal import Testing

@testable import Speculation

/// What a sequence hears from its draft, tells it, and how long it waits for it.
@Suite struct TargetSequenceDraftTests {
    @Test func whatTheDraftPredictedIsCountedForTokensWhoseFateIsKnown() throws {
        var bed = try Bed.withDraft()
        let before = bed.sequence.statistics
        #expect(before.judgedTokens == 1 && before.predictedTokens == 0 && before.pricedBlocks == 0)
        var block = bed.block([20, 21, 22, 23])
        block.acceptances = [0.5, 0.75, 0.25, 0.125]
        (block.price, block.draftTokenMicroseconds) = (0.25, 150)
        _ = try bed.sequence.receive(block, now: bed.now)
        _ = try bed.sequence.receive(block, now: bed.now)
        bed.pass(own: [20, 21, 99])
        let statistics = bed.sequence.statistics
        #expect(statistics.acceptedTokens - before.acceptedTokens == 2)
        #expect(statistics.judgedTokens - before.judgedTokens == 3 && statistics.predictedTokens == 3)
        #expect(statistics.predictedAcceptances == 1.5)
        #expect(statistics.prices == 0.25 && statistics.pricedBlocks == 1, "the same block twice is one")
        #expect(statistics.draftTokenMicroseconds == 150)

        // Of a block that overlaps what is committed, its own predictions; none where they are as many as nothing.
        block = bed.block([99, 30], at: bed.sequence.history.count - 1)
        block.acceptances = [0.5, 1]
        _ = try bed.sequence.receive(block, now: bed.now)
        bed.pass(own: [30, 31])
        #expect(bed.sequence.statistics.predictedAcceptances == 2.5)
        block = bed.block([40, 41])
        block.acceptances = [1]
        _ = try bed.sequence.receive(block, now: bed.now)
        bed.pass(own: [40, 50])
        #expect(bed.sequence.statistics.predictedTokens == 4)

        try bed.sequence.receive(bed.abstention(price: 0.75), now: bed.now)
        #expect(bed.sequence.statistics.prices == 1 && bed.sequence.statistics.pricedBlocks == 2)
    }

    @Test func aLateBlockCountsWhereItsOverlapAgrees() throws {
        var bed = try Bed.withDraft()
        let late = bed.block([20, 21, 22])
        bed.now += 1
        bed.pass(own: [20])
        #expect(try bed.sequence.receive(late, now: bed.now) == nil)
        #expect(bed.pass(own: [21, 22, 23]).pass.candidates == [21, 22])
        #expect(bed.sequence.statistics.staleBlocks == 0)
    }

    @Test func aLateBlockWhoseOverlapDiffersIsAnsweredWithWhatWasCommitted() throws {
        var bed = try Bed.withDraft()
        let late = bed.block([20, 21, 22])
        bed.now += 1
        bed.pass(own: [30])
        let verdict = try #require(try bed.sequence.receive(late, now: bed.now))
        #expect((verdict.position, verdict.tokens, verdict.verified) == (6, [30], 0))
        #expect(verdict.passMicroseconds == 0, "no pass answers it")
        #expect(bed.sequence.statistics.staleBlocks == 1)
    }

    @Test func aBlockOnOtherGroundIsAnsweredFromTheBeginning() throws {
        var bed = try Bed.withDraft()
        var block = bed.block([20])
        block.fingerprint = Fingerprint(4)
        let verdict = try #require(try bed.sequence.receive(block, now: bed.now))
        #expect((verdict.position, verdict.tokens) == (0, bed.sequence.history.tokens))
        #expect(bed.pass(own: [20]).pass.candidates.isEmpty)
    }

    @Test func aBranchThatDidNotComeTrueIsNotAnsweredWithTheWholeText() throws {
        var bed = try Bed.withDraft(rule: .fixed(4))
        let branch = bed.block([20], behind: [99])
        bed.pass(own: [13])
        bed.pass(own: [14])
        let stale = bed.sequence.statistics.staleBlocks
        let answer = try bed.sequence.receive(branch, now: bed.now)
        #expect(answer == nil && bed.sequence.statistics.staleBlocks == stale + 1)
        var question = bed.question()
        question.fingerprint = Fingerprint(4)
        let news = try #require(try bed.sequence.receive(question), "who asks is told")
        #expect((news.position, news.tokens) == (0, bed.sequence.history.tokens))
    }

    @Test func duplicatesChangeNothing() throws {
        var bed = try Bed.withDraft()
        let block = bed.block([20, 21])
        let other = bed.block([20, 21, 22, 23])
        bed.now += 0.01
        _ = try bed.sequence.receive(other, now: bed.now)
        let statistics = bed.sequence.statistics
        for _ in 0..<40 {
            #expect(try bed.sequence.receive(other, now: bed.now + 5) == nil)
        }
        #expect(bed.sequence.statistics == statistics)
        _ = try bed.sequence.receive(block, now: bed.now)
        #expect(bed.pass(own: [20, 21, 22, 9]).pass.candidates == [20, 21, 22, 23], "the longest one")
        #expect(try bed.sequence.receive(other, now: bed.now)?.tokens == [20, 21, 22, 9])
    }

    @Test func aBlockAheadOfWhatIsCommittedIsKeptUntilItFits() throws {
        var bed = try Bed.withDraft()
        let ahead = bed.block([22, 23], behind: [20, 21])
        #expect(try bed.sequence.receive(ahead, now: bed.now) == nil)
        #expect(bed.sequence.readiness(now: bed.now + 9) == .ready)
        bed.now += 9
        #expect(bed.pass(own: [20]).pass.candidates.isEmpty)
        #expect(bed.pass(own: [21]).pass.candidates.isEmpty)
        #expect(bed.pass(own: [22, 23, 24]).pass.candidates == [22, 23])
    }

    @Test func aQuestionIsAnsweredWithEverythingBehindIt() throws {
        var bed = try Bed.withDraft()
        let verdict = try #require(try bed.sequence.receive(bed.question(at: 4)))
        #expect((verdict.position, verdict.tokens) == (4, [11, 12]))
        #expect(verdict.fingerprint == bed.sequence.history.fingerprint)
        #expect(verdict.sentMicroseconds == 77)
        var lost = bed.question(at: 4)
        lost.fingerprint = .empty
        #expect(try bed.sequence.receive(lost)?.position == 0)
        #expect(bed.sequence.statistics.staleBlocks == 0)
    }

    @Test(arguments: [[200], [5, .max]] as [[Token]])
    func aTokenBeyondTheVocabularyIsAFault(tokens: [Token]) throws {
        var bed = try Bed.withDraft()
        #expect(throws: BlockFault.tokenBeyondVocabulary(tokens.last!, size: 200)) { try bed.send(tokens) }
    }

    @Test func aPlaceOutsideTheSequenceIsAFault() throws {
        var bed = try Bed.withDraft(limit: 10)
        var block = bed.block([5, 6])
        for position in [-1, 12, .max, .min] {
            block.position = position
            let (now, ground) = (bed.now, block.fingerprint)
            let messages: [Mirror.Message] = [
                .block(block), .question(Question(sequence: 1, position: position, fingerprint: ground)),
                .abstention(Abstention(sequence: 1, position: position, fingerprint: ground)),
            ]
            for message in messages where position != 12 || message.tokenCount > 0 {
                #expect(throws: BlockFault.impossiblePosition(position, end: 13)) {
                    try bed.sequence.receive(message, now: now)
                }
            }
        }
        block.position = 11
        #expect(throws: Never.self) { try bed.sequence.receive(block, now: bed.now) }
    }

    @Test func aDraftThatWasNotHeardYetIsNotWaitedFor() {
        var bed = Bed()
        bed.sequence.attachDraft()
        bed.pass(own: [10])
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        #expect(bed.pass(own: [11]).settlement.verdict?.tokens == [11])
        #expect(bed.sequence.statistics.missedBlocks == 0)
    }

    @Test func aMissedBlockLetsTheTargetGoOnAloneUntilTheDraftIsHeardAgain() throws {
        var bed = try Bed.withDraft()
        guard case .waiting(let until) = bed.sequence.readiness(now: bed.now) else {
            Issue.record("does not wait for a draft that was heard")
            return
        }
        #expect(until > bed.now && until < bed.now + 1)
        bed.now = until
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        #expect(bed.pass(own: [30]).settlement.verdict != nil, "the draft is told what it missed")
        #expect(bed.sequence.statistics.missedBlocks == 1)
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        bed.pass(own: [31])
        #expect(bed.sequence.statistics.missedBlocks == 1)
        try bed.send([32])
        bed.pass(own: [32, 33])
        guard case .waiting = bed.sequence.readiness(now: bed.now) else {
            Issue.record("does not wait for a draft that is heard again")
            return
        }
    }

    @Test func aDraftThatAbstainsIsNotWaitedForUntilItSendsTokensAgain() throws {
        var bed = try Bed.withDraft()
        try bed.sequence.receive(bed.abstention(), now: bed.now)
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        bed.pass(own: [30])
        #expect(bed.sequence.statistics.missedBlocks == 0)
        try bed.send([31])
        bed.pass(own: [31, 32])
        guard case .waiting = bed.sequence.readiness(now: bed.now) else {
            Issue.record("does not wait for a draft that is at work again")
            return
        }
    }

    @Test func theWaitFollowsTheDelayOfBlocks() throws {
        var bed = try Bed.withDraft()
        var token: Token = 20
        for _ in 0..<40 {
            guard bed.sequence.finish == nil else { break }
            try bed.send([token], after: 0.05)
            bed.pass(own: [token + 1])
            token += 1
        }
        guard case .waiting(let until) = bed.sequence.readiness(now: bed.now) else {
            Issue.record("does not wait")
            return
        }
        #expect(until - bed.now > 0.05 && until - bed.now < 0.07)
    }

    @Test func aDetachedDraftIsNeitherHeardNorToldNorWaitedFor() throws {
        var bed = try Bed.withDraft()
        try bed.send([20])
        bed.sequence.detachDraft()
        #expect(try bed.send([20, 21]) == nil)
        let (pass, settlement) = bed.pass(own: [20])
        #expect(pass.candidates.isEmpty && settlement.verdict == nil)
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        bed.sequence.attachDraft()
        #expect(bed.pass(own: [21]).settlement.verdict?.tokens == [21], "it knew the rest when it was attached")
    }

    @Test func forTheLastTokenNobodyIsWaitedFor() throws {
        var bed = try Bed.withDraft(limit: 4)
        #expect(bed.sequence.readiness(now: bed.now) == .ready)
        #expect(bed.pass(own: [20]).settlement.finish == .length)
        #expect(bed.sequence.statistics.missedBlocks == 0)
    }

    @Test func aPrefillIsNoWaitForABlockAndMissesNone() throws {
        var bed = Bed(prompt: Array(1...10))
        bed.sequence.attachDraft()
        bed.now += 1
        _ = try bed.sequence.receive(bed.question(at: 10))
        for own: [Token] in [[], [50]] {
            #expect(bed.sequence.readiness(now: bed.now) == .ready)
            bed.pass(own: own, chunk: 8)
        }
        #expect(bed.sequence.statistics.missedBlocks == 0)
        #expect(bed.sequence.statistics.waitedMicroseconds == 0)
        guard case .waiting = bed.sequence.readiness(now: bed.now) else {
            Issue.record("does not wait behind the prefill")
            return
        }
    }
}
