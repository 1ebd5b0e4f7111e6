internal import ForetokenWire
internal import OrderedCollections
internal import Testing

@testable import Roles
@testable import Speculation

@Suite struct TargetStateTests {
    /// A bed with one sequence behind its first pass, with a draft that has been heard.
    private static func drafted(rule: LookaheadRule = .synchronous(.fixed(4)), most: Int = 40) throws -> TargetBed {
        var bed = TargetBed()
        bed.open(TargetBed.request(most: most, draft: "draft", rule: rule))
        try bed.pass()
        bed.hear(try bed.block(2))
        try bed.pass()
        return bed
    }

    // MARK: Sequences of others

    /// What a draft sends for a sequence that it was never given changes nothing, and is told; what it sends late is late.
    @Test func aDraftMaySendForItsOwnSequencesOnly() throws {
        let stranger = PeerID([8])
        var bed = try Self.drafted()
        let before = try #require(bed.state.live[1]).sequence.history
        let passes = bed.passes.count
        let foreign: [Mirror.Message] = [
            try bed.block(3), .question(Question(sequence: 1, position: 1, fingerprint: .empty)),
            .abstention(Abstention(sequence: 1, position: before.count, fingerprint: before.fingerprint)),
            .block(Block(sequence: 77, position: 1, fingerprint: .empty, tokens: [1])),
        ]
        for message in foreign {
            bed.hear(message, from: stranger)
            #expect(bed.events.last == .notItsSequence(stranger, sequence: message.sequence))
            #expect(bed.take(for: stranger) == [.release(Release(sequence: message.sequence))])
        }
        bed.state.decline(1, by: stranger, now: bed.now)
        bed.carryOut()
        let live = try #require(bed.state.live[1])
        #expect(live.draft == TargetBed.draft && live.sequence.history.count == before.count)
        #expect(bed.passes.count == passes, "nothing of it is in a pass")
        // The former draft, and one whose sequence is over, were not told yet.
        bed.events = []
        bed.assign(1, to: "other")
        bed.hear(try bed.block(2), from: TargetBed.draft)
        bed.state.cancel(Call(owner: TargetBed.owner, number: 1))
        bed.carryOut()
        bed.hear(.block(Block(sequence: 1, position: 1, fingerprint: .empty, tokens: [1])), from: TargetBed.other)
        #expect(!bed.events.contains { if case .notItsSequence = $0 { true } else { false } })
    }

    // MARK: A text

    @Test func aRequestIsPreparedOpenedPassedAndStreamedToItsEnd() throws {
        var bed = TargetBed()
        bed.open(TargetBed.request(most: 5))
        #expect(bed.sent.map(\.body) == [.opened(Opened(sequence: 1, promptTokens: 3))])
        #expect(bed.state.load == Load(slots: 2, sequences: 1))
        while bed.running != nil { try bed.pass() }
        #expect(bed.tokens() == TargetBed.text([1, 2, 3], count: 5))
        guard case .committed(let last) = try #require(bed.sent.last).body else { return }
        #expect(last.finish == .length && last.statistics?.generatedTokens == 5)
        #expect(bed.state.load.sequences == 0 && bed.state.report?.rows == 0)
    }

    @Test func verdictsLeaveBeforeTheNextPassBeginsAndTokensAfterIt() throws {
        var bed = try Self.drafted(rule: .fixed(4))
        bed.order = []
        bed.hear(try bed.block(3))
        try bed.pass()
        #expect(bed.order.suffix(3) == ["verdict", "run", "committed"])
    }

    @Test func whereAllSlotsAreBusyARequestIsRefused() {
        var bed = TargetBed()
        for call: UInt64 in 1...3 { bed.open(TargetBed.request(), call: call) }
        #expect((1...3).map { bed.statuses(of: $0) } == [[], [], [.resourceExhausted]])
        #expect(bed.state.load.sequences == 2)
    }

    @Test func whatCannotBeOpenedIsRefusedByName() throws {
        var bed = TargetBed(context: 20)
        bed.open(TargetBed.request(Array(repeating: 1, count: 20)), call: 1)
        var request = TargetBed.request(most: 1)
        request.request.committed = [1, 2]
        bed.open(request, call: 2)
        request.request.committed = [100]
        bed.open(request, call: 3)
        #expect((1...3).map { bed.statuses(of: $0) } == [[.outOfRange], [.invalidArgument], [.invalidArgument]])
        // What is complete already is told so, without a slot.
        request.request.committed = [7]
        bed.open(request, call: 4)
        #expect(bed.sent.suffix(2).map(\.body.kind) == ["opened", "committed"])
        #expect(bed.state.load.sequences == 0 && bed.running == nil)
    }

    @Test func whatASlotHoldsAlreadyIsNotComputedAgain() throws {
        var bed = TargetBed()
        let prompt = (0..<60).map { Token($0) }
        bed.open(TargetBed.request(prompt + [70], most: 4), call: 1)
        while bed.running != nil { try bed.pass() }
        #expect(bed.passes[0][0].entry.pass.position == 0)
        // From a free slot.
        bed.open(TargetBed.request(prompt + [71], most: 30), call: 2)
        let again = try #require(bed.passes.last?.first?.entry)
        #expect(again.pass.position == 60 && again.source == nil && again.pass.feed == [71])
        try bed.pass()
        // From the slot of a live one.
        bed.open(TargetBed.request(prompt + [72], most: 4), call: 3)
        try bed.pass()
        let copied = try #require(bed.passes.last?.first { $0.sequence == 3 }?.entry)
        #expect(copied.pass.position == 60 && copied.source == SlotSource(slot: again.slot, count: 60))
        while bed.running != nil { try bed.pass() }
        #expect(bed.tokens(of: 3) == TargetBed.text(prompt + [72], count: 4))
        #expect(bed.tokens(of: 2) == TargetBed.text(prompt + [71], count: 30))
    }

    @Test func aCopyWhoseSourceIsOverIsComputed() throws {
        var bed = TargetBed(slots: 3)
        let prompt = (0..<60).map { Token($0) }
        bed.open(TargetBed.request(prompt + [70], most: 30), call: 1)
        try bed.pass()
        bed.open(TargetBed.request(prompt + [71], most: 4), call: 2)
        bed.state.cancel(Call(owner: TargetBed.owner, number: 1))
        bed.carryOut()
        try bed.pass()
        let entry = try #require(bed.passes.last?.first { $0.sequence == 2 }?.entry)
        #expect(entry.pass.position == 0 && entry.source == nil)
    }

    // MARK: Drafts

    @Test func aDraftThatComesInMidTextIsToldAllThatIsCommitted() throws {
        var bed = TargetBed()
        bed.open(TargetBed.request(most: 40))
        for _ in 0..<5 { try bed.pass() }
        bed.assign(1, to: "draft", window: 12, takesTurns: true)
        #expect(bed.sent.contains { $0.body == .acknowledged && $0.peer == TargetBed.owner })
        guard case .mirror(let mirror) = try bed.takeFirst(for: TargetBed.draft) else {
            Issue.record("no mirror")
            return
        }
        #expect(mirror.tokens == [1, 2, 3] + TargetBed.text([1, 2, 3], count: 5))
        #expect(mirror.endPosition == 43 && mirror.window == 12 && mirror.takesTurns)
        #expect(mirror.lookahead == .synchronous(.fixed(4)))
        try bed.pass()
        bed.hear(try bed.block(3))
        try bed.pass()
        try bed.pass()
        guard case .committed(let committed) = try #require(bed.sent.last { $0.body.kind == "committed" }).body else {
            return
        }
        #expect(committed.pieces.map(\.origin).contains(.accepted))
        #expect(bed.tokens() == TargetBed.text([1, 2, 3], count: bed.tokens().count))
    }

    @Test func aLostDraftIsDoneWithoutAndItsOwnerHearsOfIt() throws {
        var bed = try Self.drafted()
        _ = bed.take()
        bed.lose(TargetBed.draft)
        #expect(bed.sent.count { $0.body.isNoDraft && $0.peer == TargetBed.owner && $0.call == 1 } == 1)
        #expect(bed.running != nil, "nothing is waited for")
        let passes = bed.passes.count
        while bed.running != nil { try bed.pass() }
        #expect(bed.passes[passes...].allSatisfy { $0.allSatisfy { $0.entry.pass.candidates.isEmpty } })
        #expect(bed.events.contains(.draftLost(TargetBed.draft, sequences: 1)))
    }

    @Test func aDraftWithoutASlotIsDoneWithoutAndItsOwnerHearsOfIt() throws {
        var bed = try Self.drafted()
        _ = bed.take()
        bed.state.decline(1, by: TargetBed.other, now: bed.now)
        bed.carryOut()
        #expect(!bed.sent.contains { $0.body.isNoDraft }, "it is not theirs")
        bed.state.decline(1, by: TargetBed.draft, now: bed.now)
        bed.carryOut()
        #expect(bed.sent.count { $0.body.isNoDraft && $0.call == 1 } == 1)
        #expect(bed.running != nil, "its blocks are not waited for")
        let passes = bed.passes.count
        while bed.running != nil { try bed.pass() }
        #expect(bed.passes[passes...].allSatisfy { $0.allSatisfy { $0.entry.pass.candidates.isEmpty } })
    }

    @Test func aDraftThatIsNotHereIsReportedAndOneThatIsReplacedIsReleased() throws {
        var bed = TargetBed()
        bed.open(TargetBed.request(most: 40, draft: "unknown"))
        #expect(bed.take().contains { $0.isNoDraft } && bed.events.contains(.draftMissing(name: "unknown")))
        bed.assign(1, to: "draft")
        _ = bed.take(for: TargetBed.draft)
        bed.assign(1, to: "other")
        #expect(bed.take(for: TargetBed.draft) == [.release(Release(sequence: 1))])
        #expect(bed.take(for: TargetBed.other).map(\.kind) == ["mirror"])
        bed.assign(1, to: "")
        #expect(bed.take(for: TargetBed.other) == [.release(Release(sequence: 1))])
        _ = bed.take()
        bed.assign(9, to: "draft")
        bed.assign(1, to: "draft", owner: TargetBed.other)
        #expect(bed.take(for: TargetBed.draft).isEmpty)
        #expect((bed.take() + bed.take(for: TargetBed.other)).map(\.kind) == ["status", "status"])
    }

    /// What is told of a draft cannot be taken for news of the one before it, or after.
    @Test func newsOfADraftComeOnTheCallThatGaveIt() throws {
        func news(_ bed: TargetBed) -> [UInt64: Bool] {
            var news: [UInt64: Bool] = [:]
            for sent in bed.sent {
                if case .assign(let told) = sent.body, sent.peer == TargetBed.owner { news[sent.call] = told.declined }
            }
            return news
        }
        var bed = TargetBed()
        bed.open(TargetBed.request(most: 40, draft: "unknown"))
        bed.assign(1, to: "nobody", call: 2)
        bed.assign(1, to: "draft", call: 3)
        bed.assign(1, to: "other", call: 4)
        #expect(news(bed) == [1: true, 2: true])
        bed.state.decline(1, by: TargetBed.draft, now: bed.now)
        bed.carryOut()
        #expect(news(bed) == [1: true, 2: true], "it is not the draft any more")
        bed.state.decline(1, by: TargetBed.other, now: bed.now)
        bed.carryOut()
        bed.assign(1, to: "draft", call: 5)
        bed.lose(TargetBed.draft)
        #expect(news(bed) == [1: true, 2: true, 4: true, 5: false])
    }

    @Test func whoDraftsForNothingHereIsTold() throws {
        var bed = try Self.drafted()
        bed.hear(try bed.block(1), from: TargetBed.other)
        #expect(bed.take(for: TargetBed.other) == [.release(Release(sequence: 1))])
        // A block that cannot be right is refused, and nothing else happens.
        _ = bed.take(for: TargetBed.draft)
        bed.hear(
            .block(Block(sequence: 1, position: 5, fingerprint: .empty, tokens: [200], sentMicroseconds: 1)))
        guard case .status(let status) = try bed.takeFirst(for: TargetBed.draft) else { return }
        #expect(status.code == .invalidArgument)
    }

    @Test func whatABlockBringsIsLearnedForTheNextSequenceOfItsDraftAndRule() throws {
        var bed = try Self.drafted(most: 10)
        #expect(bed.state.waitings[TargetBed.draft, .synchronous(.fixed(4))] == nil)
        bed.state.cancel(Call(owner: TargetBed.owner, number: 1))
        bed.carryOut()
        #expect(bed.state.waitings[TargetBed.draft, .synchronous(.fixed(4))] != nil)
        #expect(bed.state.waitings[TargetBed.draft, .fixed(4)] == nil)
        bed.lose(TargetBed.draft)
        #expect(bed.state.waitings[TargetBed.draft, .synchronous(.fixed(4))] == nil)
    }

    @Test func whoAsksForEverOtherRulesMakesTheOldestGiveWay() {
        var waitings = Waitings()
        let rules = (1...Waitings.most + 1).map { LookaheadRule.confidence(threshold: 1 / Float($0 + 1), cap: 20) }
        for rule in rules { waitings.keep(Waiting(), of: TargetBed.draft, rule) }
        #expect(waitings[TargetBed.draft, rules[0]] == nil)
        #expect(rules.dropFirst().allSatisfy { waitings[TargetBed.draft, $0] != nil })
        waitings.keep(Waiting(), of: TargetBed.draft, rules[1])
        waitings.keep(Waiting(), of: TargetBed.draft, rules[0])
        #expect(waitings[TargetBed.draft, rules[1]] != nil && waitings[TargetBed.draft, rules[2]] == nil)
    }

    // MARK: Failures and ends

    @Test func aLostOwnersSlotsAreFreeAndItsDraftsReleased() throws {
        var bed = try Self.drafted()
        bed.open(TargetBed.request(), call: 7, owner: TargetBed.other)
        bed.state.open(TargetBed.request(), for: Call(owner: TargetBed.owner, number: 2))
        bed.carryOut()
        _ = bed.take(for: TargetBed.draft)
        bed.lose(TargetBed.owner)
        #expect(bed.state.load.sequences == 1 && bed.events.contains(.ownerLost(sequences: 1)))
        #expect(bed.take(for: TargetBed.draft) == [.release(Release(sequence: 1))])
        bed.prepareAll()
        #expect(bed.state.load.sequences == 1, "what it had on the desk is not opened")
        while bed.running != nil { try bed.pass() }
        #expect(bed.tokens(of: 7) == TargetBed.text([1, 2, 3], count: 20))
    }

    @Test func aFailedPassEndsItsSequencesAndNothingIsReusedOfItsSlots() throws {
        var bed = TargetBed()
        let prompt = (0..<60).map { Token($0) }
        bed.open(TargetBed.request(prompt), call: 1)
        try bed.pass()
        try bed.failPass()
        #expect(bed.statuses(of: 1) == [.internalError] && bed.state.load.sequences == 0 && !bed.state.isPassing)
        bed.open(TargetBed.request(prompt), call: 2)
        #expect(bed.passes.last?.first?.entry.pass.position == 0)
        while bed.running != nil { try bed.pass() }
        #expect(bed.tokens(of: 2) == TargetBed.text(prompt, count: 20))
    }

    @Test func aTargetThatIsStoppedEndsItsCallsAndBeginsNoPass() throws {
        var bed = try Self.drafted(rule: .fixed(4))
        bed.open(TargetBed.request(), call: 2)
        for _ in 0..<2 {
            bed.state.stop()
            bed.carryOut()
        }
        #expect(bed.statuses(of: 1) == [.unavailable] && bed.statuses(of: 2) == [.unavailable])
        #expect(bed.state.isPassing && bed.state.load.sequences == 0)
        try bed.pass()
        #expect(!bed.state.isPassing && bed.running == nil)
        bed.open(TargetBed.request(), call: 3)
        #expect(bed.statuses(of: 3) == [.unavailable] && bed.running == nil)
    }

    @Test func cancelledCallsAreEndedWhereverTheyAre() throws {
        var bed = TargetBed()
        bed.open(TargetBed.request(), call: 1)
        bed.state.open(TargetBed.request(), for: Call(owner: TargetBed.owner, number: 2))
        for call: UInt64 in 1...3 { bed.state.cancel(Call(owner: TargetBed.owner, number: call)) }
        bed.carryOut()
        #expect((1...3).map { bed.statuses(of: $0) } == [[.cancelled], [.cancelled], []])
        bed.prepareAll()
        #expect(bed.state.load.sequences == 0)
    }

    /// Messages that a peer does not take, and whether it has to greet again.
    @Test(arguments: [
        (Envelope.Body.committed(Committed(index: 0, pieces: [])), true, true),
        (.release(Release(sequence: 1)), true, true),
        (.verdict(Verdict(sequence: 1, position: 0, tokens: [], fingerprint: .empty)), true, false),
        (.status(Status(.cancelled)), false, false), (.acknowledged, false, false),
    ])
    func whoIsGoneOrDoesNotTakeItsTokensIsForgotten(body: Envelope.Body, whenGone: Bool, whenFull: Bool) throws {
        for (isGone, isForgotten) in [(true, whenGone), (false, whenFull)] {
            var bed = TargetBed()
            bed.open(TargetBed.request())
            bed.state.undelivered(body, to: TargetBed.owner, isGone: isGone, now: bed.now)
            bed.carryOut()
            #expect(bed.forgotten == (isForgotten ? [TargetBed.owner] : []), "\(body.kind), gone: \(isGone)")
            #expect(bed.state.load.sequences == (isForgotten ? 0 : 1))
        }
    }

    @Test func aDraftThatWasNotToldOfASequenceIsNotBelievedIn() throws {
        var bed = TargetBed()
        bed.open(TargetBed.request(draft: "draft"))
        let mirror = try bed.takeFirst(for: TargetBed.draft)
        bed.state.undelivered(mirror, to: TargetBed.draft, isGone: false, now: bed.now)
        bed.carryOut()
        #expect(bed.sent.contains { $0.body.isNoDraft } && bed.forgotten.isEmpty)
    }

    // MARK: Limits

    @Test func promptsThatWaitAreBoundedByTheirNumberAndTheirBytes() {
        let mebibyte = 1 << 20
        for (bytes, most) in [(10, 20), (8 * mebibyte, 4), (TargetState.mostOpeningBytes + 1, 1)] {
            var bed = TargetBed()
            for call: UInt64 in 1...50 {
                bed.state.open(TargetBed.request(), ofBytes: bytes, for: Call(owner: TargetBed.owner, number: call))
            }
            bed.carryOut()
            #expect(bed.desk.count == most)
            #expect(bed.sent.count { $0.body.kind == "status" } == 50 - most)
        }
    }

    @Test func whatIsCancelledTakesItsRoomUntilItIsOffTheDesk() {
        var bed = TargetBed()
        for call: UInt64 in 1...500 {
            bed.state.open(TargetBed.request(), for: Call(owner: TargetBed.owner, number: call))
            bed.state.cancel(Call(owner: TargetBed.owner, number: call))
        }
        bed.carryOut()
        #expect(bed.desk.count == 20)
        bed.prepareAll()
        #expect(bed.state.load.sequences == 0)
        bed.open(TargetBed.request(), call: 600)
        #expect(bed.state.load.sequences == 1)
    }
}
