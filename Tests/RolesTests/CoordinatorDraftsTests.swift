internal import ForetokenWire
internal import Speculation
internal import Testing

@testable import Roles

/// Which draft serves which target, and on what terms.
@Suite struct CoordinatorDraftsTests {
    /// A pass of one row takes 10 ms, and each further row 0.2 ms.
    private static let target = TargetReport(
        tokensPerSecond: 100, rows: 1,
        passTime: [1, 2, 4, 8, 16, 32].map { PassTime.Point(rows: $0, seconds: 0.01 + 0.0002 * Double($0 - 1)) })

    private static func report(
        at target: String = "t0", token: Seconds = 0.001, roundTrip: Seconds = 0.001, acceptance: Double = 0.8,
        lookahead: Double = 3, passes: Int = 64,
        surplus: Double? = nil
    ) -> DraftReport {
        DraftReport(
            target: target, draftToken: token, roundTrip: roundTrip, predictedAcceptance: acceptance,
            measuredAcceptance: acceptance, price: 0.1, lookahead: lookahead, passes: passes,
            surplus: surplus)
    }

    private static func bed(_ drafts: [String: DraftReport?], draftSlots: Int = 4) -> CoordinatorBed {
        var bed = CoordinatorBed(targets: ["t0"], drafts: drafts.keys.sorted(), slots: 16, draftSlots: draftSlots)
        bed.hear("t0", slots: 16, sequences: 0, target: self.target)
        for (draft, report) in drafts {
            bed.hear(draft, slots: draftSlots, sequences: 0, drafts: report.map { [$0] } ?? [])
        }
        return bed
    }

    /// Names of the drafts that the next requests are given, without the `'s`.
    private static func drafts(_ count: Int, in bed: inout CoordinatorBed) -> [String] {
        for call in 0..<count { bed.generate(UInt64(call) + 100) }
        return bed.takeOpens().map { $0.open!.draft.replacing("'s", with: "") }
    }

    @Test func equalDraftsAreFilledEvenly() {
        var bed = Self.bed(["d0": Self.report(), "d1": Self.report(), "d2": Self.report()])
        #expect(Self.drafts(6, in: &bed) == ["d0", "d1", "d2", "d0", "d1", "d2"])
    }

    @Test func theNearDraftServesBeforeTheFarOne() {
        var bed = Self.bed(["d0": Self.report(roundTrip: 0.2), "d1": Self.report()])
        #expect(Self.drafts(2, in: &bed) == ["d1", "d1"])
    }

    @Test func theBetterGuesserServesBeforeTheOther() {
        var bed = Self.bed(["d0": Self.report(acceptance: 0.3), "d1": Self.report()])
        #expect(Self.drafts(2, in: &bed) == ["d1", "d1"])
    }

    @Test func aDraftThatIsBusyGivesWayToAnIdleOneOfLessGain() {
        var bed = Self.bed(["d0": Self.report(acceptance: 0.7, lookahead: 3), "d1": Self.report(token: 0.0015)])
        #expect(Set(Self.drafts(4, in: &bed)) == ["d0", "d1"])
    }

    @Test func aPairThatIsNotKnownIsTried() {
        var bed = Self.bed(["d0": Self.report(), "d1": nil])
        #expect(Self.drafts(2, in: &bed) == ["d1", "d0"])
    }

    @Test func aFullDraftGetsNothing() {
        var bed = Self.bed(["d0": Self.report(), "d1": Self.report(roundTrip: 0.2)], draftSlots: 1)
        #expect(Self.drafts(3, in: &bed) == ["d0", "d1", ""])
    }

    @Test(arguments: [
        // It drafts nothing, as far as it was seen; it is slower than the target; or it takes more of its time than it saves.
        Self.report(lookahead: 0.1), Self.report(token: 0.05), Self.report(surplus: -0.01),
    ])
    func aPairThatDoesNotPayIsLeftAloneButForTriesEverMoreSeldom(_ report: DraftReport) {
        var bed = Self.bed(["d0": report], draftSlots: 64)
        #expect(Self.tries(1...120, in: &bed) == [16, 48, 112])
        #expect(bed.state.description { _ in nil }.drafts[0].pairs.map(\.pays) == [false])
        // A rule that a request names is obeyed.
        bed.generate(121, lookahead: .fixed(4))
        #expect(bed.takeOpens().map(\.open!.lookahead) == [.fixed(4)])
        // Once it has paid, all begins anew.
        bed.hear("d0", slots: 64, sequences: 0, drafts: [Self.report()])
        #expect(Self.tries(122...123, in: &bed) == [122, 123])
        bed.hear("d0", slots: 64, sequences: 0, drafts: [report])
        #expect(Self.tries(124...160, in: &bed) == [139])
    }

    @Test func whoWondersWhyATextHasNoDraftIsTold() {
        let loss = Self.report(surplus: -0.01)
        var bed = Self.bed(["d0": Self.report()])
        #expect(Self.notes(in: bed) == [], "a draft that pays from the beginning is no news")
        for _ in 0..<2 { bed.hear("d0", slots: 4, sequences: 0, drafts: [loss]) }
        let notes = Self.notes(in: bed)
        #expect(notes.count == 1)
        guard case .draftDoesNotPay("d0", "t0", _, surplus: -0.01, lookahead: 3)? = notes.first else {
            Issue.record("\(notes)")
            return
        }
        for _ in 0..<2 { bed.hear("d0", slots: 4, sequences: 0, drafts: [Self.report()]) }
        #expect(Self.notes(in: bed).dropFirst() == [.draftPays(draft: "d0", target: "t0")])
    }

    private static func notes(in bed: CoordinatorBed) -> [CoordinatorState.Note] {
        bed.notes.filter { note in
            switch note {
            case .draftDoesNotPay, .draftPays: true
            default: false
            }
        }
    }

    /// Rows are dear beside many, and may be cheap beside few.
    @Test func aDraftThatDoesNotPayBesideManyIsTriedAsSoonAsThereAreFew() {
        var bed = Self.bed(["d0": Self.report(lookahead: 0.1)], draftSlots: 64)
        for call in 1...8 { bed.generate(UInt64(call)) }
        let opens = bed.takeOpens()
        #expect(opens.map(\.open!.lookahead) == Array(repeating: .off, count: 8))
        for (index, open) in opens.enumerated() {
            bed.open(open, sequence: UInt64(index))
            bed.commit([1], at: 0, of: open, finish: .stop)
        }
        // The first was alone, so few were no reason for a try yet; the sixteenth request is one, beside eight others.
        for call in 9...16 { bed.generate(UInt64(call)) }
        let others = bed.takeOpens()
        #expect(others.map(\.open!.lookahead) == Array(repeating: .off, count: 7) + [.marginal])
        for (index, open) in others.enumerated() {
            bed.open(open, sequence: UInt64(index) + 8)
            bed.commit([1], at: 0, of: open, finish: .stop)
        }
        #expect(Self.tries(17...60, in: &bed) == [17, 49], "at once beside none, and then ever more seldom")
    }

    /// Which of these requests have the draft.
    private static func tries(_ calls: ClosedRange<UInt64>, in bed: inout CoordinatorBed) -> [UInt64] {
        calls.filter { call in
            bed.generate(call)
            let open = bed.takeOpens()[0]
            #expect((open.open!.draft == "") == (open.open!.lookahead == .off))
            bed.open(open, sequence: call)
            bed.commit([1], at: 0, of: open, finish: .stop)
            return open.open!.lookahead == .marginal
        }
    }

    /// Threads of target and draft, whether they compute on the same two cores, and what becomes of that.
    @Test(arguments: [(2, 2, true, true), (2, 1, true, true), (1, 1, true, false), (2, 2, false, false)])
    func whoHasTheSameCoresTakesTurns(target: Int, draft: Int, areShared: Bool, takesTurns: Bool) throws {
        var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0"])
        bed.reach("t0", slots: 8, execution: Execution(threads: target, cores: 2, coreSet: 1))
        bed.reach("d0", slots: 8, execution: Execution(threads: draft, cores: 2, coreSet: areShared ? 1 : 2))
        bed.hear("t0", slots: 8, sequences: 0, target: Self.target)
        bed.hear("d0", slots: 8, sequences: 0, drafts: [Self.report()])
        bed.generate(1)
        bed.generate(2, lookahead: .fixed(4))
        let opens = bed.takeOpens().map { $0.open! }
        #expect(opens.map(\.lookahead) == [.marginal, .fixed(4)])
        #expect(opens.map(\.takesTurns) == [takesTurns, takesTurns])
        let terms = try #require(bed.state.description { _ in nil }.drafts[0].pairs.first)
        #expect(terms.takesTurns == takesTurns && terms.pays)
    }

    @Test func aPairIsNotLeftAloneBeforeItIsKnown() {
        var bed = Self.bed(["d0": Self.report(token: 0.05, passes: 10)])
        bed.generate(1)
        #expect(bed.takeOpens().map(\.open!.lookahead) == [.marginal])
    }

    @Test func termsAreToldToTargetsAndToWhoAsks() throws {
        var bed = Self.bed(["d0": Self.report(roundTrip: 0.1), "d1": nil])
        let pairs = bed.state.description { _ in 0.001 }.drafts.map(\.pairs)
        let terms = try #require(pairs[0].first)
        #expect(pairs[1].isEmpty && pairs[0].count == 1 && terms.target == "t0" && terms.pays && terms.gain > 0)
        // Ten tokens in a round trip of the target alone, twice, and the blocks.
        #expect(try #require(terms.window) > 36)
        bed.generate(1)
        bed.generate(2)
        #expect(bed.takeOpens().map(\.open!.window) == [nil, terms.window])
    }

    // MARK: Drafts that come and go

    @Test func aDraftWithoutASlotIsReplacedByAnother() throws {
        var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0", "d1"], slots: 4)
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 7)
        #expect(open.open?.draft == "d0's")
        let declined = AssignRequest(sequence: 7, draft: "", declined: true)
        bed.receive(.assign(declined), open.call, from: "t0")
        let assign = try #require(bed.takeSent().first)
        #expect(assign.assign == AssignRequest(sequence: 7, draft: "d1's"))
        bed.receive(.acknowledged, assign.call, from: "t0")
        // It never had the first.
        #expect(!bed.counts.contains(.failedOver(.draft)))
        // None is left now, and the first is not asked again at once.
        bed.receive(.assign(declined), assign.call, from: "t0")
        bed.pass(0.9)
        #expect(bed.takeSent().isEmpty)
        bed.pass(0.2)
        bed.attach()
        #expect(bed.takeSent().compactMap(\.assign).count == 1)
    }

    @Test func aDraftThatComesInMidTextJoins() throws {
        var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0"])
        bed.reach("t0", slots: 4)
        bed.generate(1)
        bed.generate(2, lookahead: .off)
        let opens = bed.takeOpens()
        for (index, open) in opens.enumerated() { bed.open(open, sequence: UInt64(index)) }
        bed.commit([1, 2], at: 0, of: opens[0])
        #expect(opens.map(\.open!.draft) == ["", ""] && bed.takeSent().isEmpty)
        bed.reach("d0", slots: 4)
        #expect(bed.takeSent().compactMap(\.assign) == [AssignRequest(sequence: 0, draft: "d0's")])
        // The first draft of a sequence takes over from nobody.
        #expect(!bed.counts.contains(.failedOver(.draft)))
    }

    @Test func aLostDraftIsReplaced() throws {
        var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0", "d1"], slots: 4, draftSlots: 2)
        for call in 1...4 { bed.generate(UInt64(call)) }
        let opens = bed.takeOpens()
        // Lost before two of its sequences are there.
        for (index, open) in opens.prefix(2).enumerated() { bed.open(open, sequence: UInt64(index)) }
        bed.act { $0.lost("d0", reason: "silent", now: $1) }
        #expect(bed.takeSent().compactMap(\.assign).isEmpty)
        for (index, open) in opens.enumerated().dropFirst(2) { bed.open(open, sequence: UInt64(index)) }
        bed.commit([1], at: 0, of: opens[1], finish: .stop)
        let assign = try #require(bed.takeSent().first { $0.assign != nil })
        #expect(assign.assign == AssignRequest(sequence: 0, draft: "d1's"))
        bed.receive(.acknowledged, assign.call, from: "t0")
        #expect(bed.counts.filter { $0 == .failedOver(.draft) }.count == 1)
        bed.reach("d0", slots: 2)
        #expect(bed.takeSent().compactMap(\.assign) == [AssignRequest(sequence: 2, draft: "d0's")])
    }

    @Test func aDraftThatCannotWorkSaysWhy() throws {
        var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0"])
        bed.reach("t0", slots: 1)
        bed.act { $0.reached("d0", CoordinatorBed.peer("d0", slots: 1), now: $1) }
        let attach = try #require(bed.takeSent().first)
        // An answer of another member is not taken for the draft's.
        bed.receive(.acknowledged, attach.call, from: "t0")
        #expect(!bed.state.fleet.isComplete)
        bed.receive(.status(Status(.failedPrecondition, "another vocabulary")), attach.call, from: "d0")
        #expect(bed.state.description { _ in nil }.drafts[0].reason == "another vocabulary")
        bed.pass(1.1)
        #expect(bed.takeSent().filter(\.isAttach).count == 1)
    }
}
