internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct MirrorTests {
    static let prompt: [Token] = [1, 2, 3]

    static func mirror(end: Int = 100, lookahead: any Lookahead = FixedLookahead(3)) -> Mirror {
        Mirror(sequence: 1, tokens: self.prompt, endPosition: end, lookahead: lookahead)
    }

    static func drafted(_ tokens: [Token]) -> [DraftedToken] {
        tokens.map { DraftedToken(token: $0, probability: 0.5) }
    }

    /// A mirror whose block of these tokens is in flight, sent at 10 s.
    static func inFlight(_ tokens: [Token] = [10, 11, 12]) throws -> (mirror: Mirror, block: Block) {
        var mirror = self.mirror()
        _ = try mirror.job()
        let block = try mirror.block(self.drafted(tokens), seconds: 0.03, now: 10)
        return (mirror, block)
    }

    /// A verdict that commits `tokens` behind `before`.
    static func verdict(_ tokens: [Token], behind before: [Token] = Self.prompt, answering block: Block? = nil)
        -> Verdict
    {
        Verdict(
            sequence: 1, position: before.count, tokens: tokens,
            fingerprint: Fingerprint.empty.appending(before).appending(tokens),
            accepted: block == nil ? 0 : tokens.count - 1, verified: block?.tokens.count ?? 0,
            sentMicroseconds: block?.sentMicroseconds ?? 0, waitedMicroseconds: 20_000,
            passMicroseconds: block == nil ? 0 : 100_000)
    }

    @Test func theFirstJobFeedsThePrompt() throws {
        var mirror = Self.mirror()
        let job = try mirror.job()
        #expect((job.position, job.feed, job.base) == (0, Self.prompt, 3))
        #expect(job.most == LookaheadRule.mostTokens)
        #expect(mirror.beginDrafting() == nil, "one job at a time")
    }

    /// The target waits for nobody that it has not heard of.
    @Test(arguments: [10, 11] as [Token]) func aDraftThatIsOvertakenAtOnceMakesItselfKnownOnce(token: Token) throws {
        var mirror = Self.mirror(lookahead: FixedLookahead(1))
        var before = Self.prompt
        for round in 0..<3 {
            _ = try mirror.job()
            // Whether it was right or wrong: there is nothing left to send.
            #expect(mirror.receive(Self.verdict([10], behind: before), now: 1).isEmpty)
            before.append(10)
            let message = mirror.finishDrafting(Self.drafted([token]), seconds: 0, now: 1)
            guard round == 0 else {
                #expect(message == nil, "round \(round)")
                continue
            }
            guard case .question(let question)? = message else {
                Issue.record("\(String(describing: message))")
                return
            }
            #expect(question.position == before.count)
        }
    }

    @Test func aBlockSaysWhatItStandsOn() throws {
        let (mirror, block) = try Self.inFlight()
        #expect((block.position, block.tokens, block.acceptances) == (3, [10, 11, 12], []))
        #expect(block.fingerprint == Fingerprint.empty.appending(Self.prompt))
        #expect((block.sentMicroseconds, block.draftingMicroseconds) == (10_000_000, 30_000))
        #expect(mirror.nextTick != nil)
        var other = Self.mirror()
        _ = other.beginDrafting()
        let context = LookaheadContext()
        let message = other.finishDrafting(Self.drafted([10, 11]), seconds: 0, now: 1, in: context)
        let predicted = Self.drafted([10, 11]).enumerated().map {
            Float(context.acceptance.probability(of: $1, index: $0))
        }
        #expect(message?.block?.acceptances == predicted)
    }

    @Test func afterFullAcceptanceTheLastDraftTokenAndTheBonusAreFed() throws {
        var (mirror, block) = try Self.inFlight()
        #expect(mirror.receive(Self.verdict([10, 11, 12, 13], answering: block), now: 10.2) == [])
        let job = try mirror.job()
        #expect((job.position, job.feed) == (5, [12, 13]))
    }

    @Test func afterAMismatchTheSlotIsRolledBackToWhatAgrees() throws {
        var (mirror, block) = try Self.inFlight()
        #expect(mirror.receive(Self.verdict([10, 99], answering: block), now: 10.2) == [])
        let job = try mirror.job()
        #expect((job.position, job.feed) == (4, [99]))
    }

    @Test func theRoundTripIsWhatTheTargetDidNotSpend() throws {
        var (mirror, block) = try Self.inFlight()
        _ = mirror.receive(Self.verdict([10, 99], answering: block), now: 10.17)
        #expect(abs(try #require(mirror.roundTrip) - 0.05) < 1e-6)
        _ = mirror.beginDrafting()
        let next = try mirror.block(Self.drafted([5]), seconds: 0, now: 20)
        #expect((49_999...50_001).contains(try #require(next.roundTripMicroseconds)))
        _ = mirror.receive(Self.verdict([6], behind: [1, 2, 3, 10, 99], answering: next), now: 20.25)
        #expect(abs(try #require(mirror.roundTrip) - 0.06) < 1e-6, "an eighth of the way from 0.05 to 0.13")
    }

    @Test func newsThatAgreeLeaveTheBlockInFlight() throws {
        var (mirror, block) = try Self.inFlight()
        #expect(mirror.receive(Self.verdict([10]), now: 10.1) == [])
        #expect(mirror.beginDrafting() == nil && mirror.roundTrip == nil)
        #expect(mirror.receive(Self.verdict([11, 12, 13], behind: [1, 2, 3, 10], answering: block), now: 10.2) == [])
        #expect(mirror.beginDrafting()?.feed == [12, 13])
    }

    @Test func oldAndRepeatedVerdictsChangeNothing() throws {
        var (mirror, block) = try Self.inFlight()
        let verdict = Self.verdict([10, 99], answering: block)
        _ = mirror.receive(verdict, now: 10.2)
        _ = mirror.receive(Self.verdict([7], behind: [1, 2, 3, 10, 99]), now: 10.3)
        for old in [verdict, Self.verdict([10]), verdict] {
            #expect(mirror.receive(old, now: 10.4) == [])
        }
        #expect(mirror.history.tokens == [1, 2, 3, 10, 99, 7])
        #expect(mirror.beginDrafting()?.feed == [99, 7])
    }

    @Test func whatWasCommittedWhileDraftingIsTakenOffTheBlock() throws {
        var mirror = Self.mirror()
        _ = mirror.beginDrafting()
        _ = mirror.receive(Self.verdict([10]), now: 1)
        let block = try mirror.block(Self.drafted([10, 11, 12]), seconds: 0, now: 1)
        #expect((block.position, block.tokens) == (4, [11, 12]))
        #expect(block.fingerprint == Fingerprint.empty.appending([1, 2, 3, 10]))
    }

    @Test(arguments: [[10, 99], [10, 11, 12], [10, 11, 12, 13]] as [[Token]])
    func draftingBeginsAnewWhereWhatWasCommittedLeavesNothingOfIt(committed: [Token]) throws {
        var mirror = Self.mirror()
        _ = mirror.beginDrafting()
        _ = mirror.receive(Self.verdict(committed), now: 1)
        #expect(mirror.finishDrafting(Self.drafted([10, 11, 12]), seconds: 0, now: 1)?.block == nil)
        let job = try mirror.job()
        let agreed = min(2, zip(committed, [10, 11, 12]).prefix { $0 == $1 }.count)
        #expect(job.position == 3 + min(agreed, committed.count - 1))
        #expect(job.base == 3 + committed.count)
    }

    @Test func aRuleThatWantsNothingIsAskedAgainWhenMoreIsCommitted() throws {
        var mirror = Self.mirror()
        _ = mirror.beginDrafting()
        #expect(try mirror.abstention([], now: 1).position == 3)
        #expect(mirror.beginDrafting() == nil)
        _ = mirror.receive(Self.verdict([]), now: 1)
        #expect(mirror.beginDrafting() == nil)
        _ = mirror.receive(Self.verdict([10]), now: 1)
        #expect(mirror.beginDrafting()?.feed == [10])
        for round in 1..<4 {
            #expect(throws: Never.self, "said \(round) times") { try mirror.abstention([], now: 2) }
            _ = mirror.receive(Self.verdict([11], behind: mirror.history.tokens), now: 3)
            let job = mirror.beginDrafting()
            #expect(job?.feed == [11])
        }
        #expect(mirror.finishDrafting([], seconds: 0, now: 2) == nil, "the target knows that the draft abstains")
        _ = mirror.receive(Self.verdict([11], behind: mirror.history.tokens), now: 3)
        _ = mirror.beginDrafting()
        let block = try mirror.block(Self.drafted([12]), seconds: 0, now: 3)
        _ = mirror.receive(Self.verdict([20], behind: mirror.history.tokens, answering: block), now: 4)
        _ = mirror.beginDrafting()
        #expect(throws: Never.self, "it has drafted since, and abstains again") { try mirror.abstention([], now: 5) }
    }

    @Test func aDraftThatAbstainsAndHadToAskSaysItAgain() throws {
        var mirror = Self.mirror()
        _ = mirror.beginDrafting()
        _ = try mirror.abstention([], now: 1)
        _ = try mirror.question(about: Self.verdict([8], behind: [1, 2, 3, 10, 7]), now: 2)
        #expect(mirror.receive(Self.verdict([10, 7, 8]), now: 3) == [])
        _ = mirror.beginDrafting()
        #expect(throws: Never.self, "the target waits for one that asks") { try mirror.abstention([], now: 4) }
    }

    @Test func noMoreIsDraftedThanTheSequenceHasRoomFor() {
        var mirror = Self.mirror(end: 6)
        #expect(mirror.beginDrafting()?.most == 2)
        var full = Self.mirror(end: 4)
        #expect(full.beginDrafting() == nil)
        var empty = Mirror(sequence: 1, tokens: [], endPosition: 9, lookahead: FixedLookahead(1))
        #expect(empty.beginDrafting() == nil)
    }

    @Test func aGapMakesItAskAndTheAnswerClosesIt() throws {
        var (mirror, _) = try Self.inFlight()
        let question = try mirror.question(about: Self.verdict([8], behind: [1, 2, 3, 10, 7]), now: 11)
        #expect(question.position == 3)
        #expect(question.fingerprint == Fingerprint.empty.appending(Self.prompt))
        #expect(mirror.receive(Self.verdict([10, 7, 8]), now: 11.1) == [])
        #expect(mirror.history.tokens == [1, 2, 3, 10, 7, 8])
        #expect(mirror.beginDrafting() != nil)
    }

    @Test func anOverdueVerdictIsAskedForEverMoreSeldom() throws {
        var (mirror, _) = try Self.inFlight()
        var now = try #require(mirror.nextTick)
        #expect(mirror.tick(now: now - 0.001) == nil)
        var gaps: [Seconds] = []
        for _ in 0..<8 {
            #expect(mirror.tick(now: now)?.position == 3)
            gaps.append(try #require(mirror.nextTick) - now)
            now += gaps.last!
        }
        #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $1 >= $0 } && gaps.last! <= 5 && gaps[1] > 1.9 * gaps[0])
    }

    @Test func aBlockThatTheTargetHasNotGotIsSentAgain() throws {
        var (mirror, block) = try Self.inFlight()
        _ = mirror.tick(now: 20)
        let sent = mirror.receive(Self.verdict([]), now: 20.1).first
        guard case .block(let again) = sent else { throw Mirror.OtherMessage() }
        #expect((again.position, again.tokens) == (block.position, block.tokens))
        #expect(again.sentMicroseconds == 20_100_000)
        _ = mirror.receive(Self.verdict([10, 99], answering: block), now: 20.2)
        #expect(mirror.roundTrip == nil, "an answer to the first copy says nothing of the second")
    }

    @Test func aMirrorThatStandsOnOtherTokensIsSetRightFromTheBeginning() throws {
        var (mirror, _) = try Self.inFlight()
        let truth: [Token] = [1, 9, 3, 10]
        let question = try mirror.question(about: Self.verdict([10], behind: [1, 9, 3]), now: 11)
        #expect(question.fingerprint == Fingerprint.empty.appending(Self.prompt))
        _ = mirror.receive(Self.verdict(truth, behind: []), now: 11.1)
        #expect(mirror.history.tokens == truth)
        let job = try mirror.job()
        #expect((job.position, job.feed) == (1, [9, 3, 10]))
    }

    @Test func whatIsDraftedOnTokensThatAreGoneIsDropped() throws {
        var mirror = Self.mirror()
        _ = mirror.beginDrafting()
        _ = mirror.receive(Self.verdict([1, 9, 3, 10, 11], behind: []), now: 1)
        #expect(mirror.beginDrafting() == nil, "the slot is still busy")
        #expect(mirror.finishDrafting(Self.drafted([10, 11, 12]), seconds: 0, now: 1) == nil)
        #expect(mirror.beginDrafting()?.feed == [9, 3, 10, 11], "the slot keeps what agrees")
    }

    @Test func nonsenseFromTheWireHarmsNothing() throws {
        var (mirror, _) = try Self.inFlight()
        var nonsense = Self.verdict([5, 6], behind: [])
        nonsense.fingerprint = Fingerprint(1)
        #expect(mirror.receive(nonsense, now: 11) == [])
        nonsense.tokens = []
        #expect(mirror.receive(nonsense, now: 11) == [])
        for position in [-1, .min, .max, 4] {
            nonsense.position = position
            #expect(mirror.receive(nonsense, now: 11).count == 1, "it asks")
        }
        #expect(mirror.history.tokens == Self.prompt)
        #expect(mirror.receive(Self.verdict([10, 11, 12, 13]), now: 12) == [])
        #expect(mirror.beginDrafting()?.feed == [12, 13])
    }

    /// Drafts three tokens, and sends `sent` of them.
    struct Dropping: Lookahead {
        var sent: Int
        func wantsMore(after drafted: [DraftedToken]) -> Bool { drafted.count < 3 }
        func sendCount(of drafted: [DraftedToken]) -> Int { self.sent }
    }

    @Test(
        arguments: [
            ([10, 11], 2, 1), ([10, 99], 1, 2), ([99], 0, 1), ([10, 11, 12], 3, 2),
        ] as [([Token], Int, Int)])
    func aDroppedTokenIsJudgedByTheTargetsOwnTokenBehindTheBlock(
        committed: [Token], agreed: Int, sent: Int
    ) throws {
        var mirror = Self.mirror(lookahead: Dropping(sent: sent))
        _ = try mirror.job()
        let block = try mirror.block(Self.drafted([10, 11, 12]), seconds: 0.03, now: 10)
        #expect(block.tokens == Array([10, 11, 12].prefix(sent)))
        _ = mirror.receive(Self.verdict(committed, answering: block), now: 10.2)
        let taken = mirror.takeRounds().first
        let round = try #require(taken)
        #expect((round.sent, round.agreed, round.accepted) == (sent, agreed, min(agreed, sent)))
        #expect(round.judged == min(agreed + (committed.last == 99 ? 1 : 0), 3))
        #expect(abs(round.seconds - 0.23) < 1e-9 && round.drafted.map(\.token) == [10, 11, 12])
        #expect(mirror.takeRounds().isEmpty)
        let job = try mirror.job()
        #expect(job.position == min(3 + agreed, 2 + committed.count, 5))
        #expect(job.base == 3 + committed.count)
    }

    @Test func aBlockWhoseTokensAreAllDroppedIsNotSentAndLeavesNothingInTheSlot() throws {
        var mirror = Self.mirror(lookahead: Dropping(sent: 0))
        _ = try mirror.job()
        _ = try mirror.abstention(Self.drafted([10, 11, 12]), now: 10)
        #expect(mirror.beginDrafting() == nil)
        _ = mirror.receive(Self.verdict([20, 21]), now: 11)
        let job = try mirror.job()
        #expect((job.position, job.feed) == (3, [20, 21]))
    }

    @Test func theRuleLearnsWhatBecameOfEachBlock() throws {
        var mirror = Self.mirror(lookahead: HeuristicLookahead())
        _ = mirror.beginDrafting()
        let block = try mirror.block(Self.drafted([10, 11, 12, 13, 14]), seconds: 0, now: 1)
        _ = mirror.receive(Self.verdict([10, 11, 12, 13, 14, 15], answering: block), now: 1.1)
        let job = try mirror.job()
        #expect((job.lookahead as? HeuristicLookahead)?.count == 7)
        let next = try mirror.block(Self.drafted([5]), seconds: 0, now: 2)
        _ = mirror.receive(Self.verdict([6], behind: mirror.history.tokens, answering: next), now: 2.1)
        #expect((mirror.beginDrafting()?.lookahead as? HeuristicLookahead)?.count == 6)
    }
}

extension Mirror {
    fileprivate mutating func job() throws -> DraftOrder {
        let job = self.beginDrafting()
        return try #require(job)
    }

    fileprivate struct OtherMessage: Error {}

    fileprivate mutating func block(_ drafted: [DraftedToken], seconds: Seconds, now: Seconds) throws -> Block {
        guard case .block(let block) = self.finishDrafting(drafted, seconds: seconds, now: now) else {
            throw OtherMessage()
        }
        return block
    }

    fileprivate mutating func abstention(_ drafted: [DraftedToken], now: Seconds) throws -> Abstention {
        guard case .abstention(let word) = self.finishDrafting(drafted, seconds: 0.03, now: now) else {
            throw OtherMessage()
        }
        return word
    }

    fileprivate mutating func question(about verdict: Verdict, now: Seconds) throws -> Question {
        guard case .question(let question) = self.receive(verdict, now: now).first else { throw OtherMessage() }
        return question
    }
}

extension MirrorTests {
    // MARK: Blocks that nobody waits for

    /// Sends all it drafts.
    struct Counting: Lookahead {
        var learned = 0
        func wantsMore(after drafted: [DraftedToken]) -> Bool { drafted.count < 3 }
        mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) { self.learned += 1 }
    }

    @Test func whatTheTargetWroteBeforeABlockCameJudgesItsTokensButIsNotTheBlocksMerit() throws {
        var mirror = Self.mirror(lookahead: Counting())
        _ = try mirror.job()
        _ = try mirror.block(Self.drafted([10, 11, 12]), seconds: 0, now: 10)
        for (index, token) in [Token(10), 11, 99].enumerated() {
            let before = Self.prompt + [10, 11].prefix(index)
            _ = mirror.receive(Self.verdict([token], behind: before), now: 10.1)
        }
        let taken = mirror.takeRounds().first
        let round = try #require(taken)
        #expect((round.sent, round.agreed, round.judged) == (0, 2, 3))
        #expect((mirror.lookahead as? Counting)?.learned == 0)
    }

    /// Drafts, and sends nothing.
    struct Silent: Lookahead {
        func wantsMore(after drafted: [DraftedToken]) -> Bool { drafted.count < 2 }
        func sendCount(of drafted: [DraftedToken]) -> Int { 0 }
    }

    @Test func whatIsDraftedAndNotSentIsJudgedByWhatTheTargetWrites() throws {
        var mirror = Self.mirror(lookahead: Silent())
        _ = try mirror.job()
        _ = try mirror.abstention(Self.drafted([10, 11]), now: 10)
        #expect(mirror.takeRounds().isEmpty, "nothing is known yet")
        _ = mirror.receive(Self.verdict([10]), now: 10.1)
        let taken = mirror.takeRounds().first
        let round = try #require(taken)
        #expect((round.sent, round.agreed, round.judged) == (0, 1, 1))
    }

    @Test func whatWasDraftedOnGroundThatTheTargetLeftIsJudgedToo() throws {
        var mirror = Self.mirror()
        _ = try mirror.job()
        _ = mirror.receive(Self.verdict([10, 99]), now: 10)
        #expect(mirror.finishDrafting(Self.drafted([10, 11, 12]), seconds: 0, now: 10.1)?.block == nil)
        let taken = mirror.takeRounds().first
        let round = try #require(taken)
        #expect((round.sent, round.agreed, round.judged) == (0, 1, 2))
    }
}
