internal import ForetokenWire
internal import OrderedCollections
internal import Speculation
internal import Testing

@testable import Roles

/// What several coordinators, late news and lost messages do to drafts.
@Suite struct CoordinatorNewsTests {
    private static let declined = AssignRequest(sequence: 7, draft: "", declined: true)

    /// One sequence with its draft, and another draft that is there.
    private static func opened(drafts: [String] = ["d0", "d1"]) throws -> (CoordinatorBed, CoordinatorBed.Sent) {
        var bed = CoordinatorBed(targets: ["t0"], drafts: drafts, slots: 4)
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 7)
        return (bed, open)
    }

    @Test func newsOfAFormerDraftDoNotTakeTheNextOneAway() throws {
        var (bed, open) = try Self.opened()
        bed.act { $0.lost("d0", reason: "silent", now: $1) }
        let assign = try #require(bed.takeSent().first { $0.assign != nil })
        bed.receive(.acknowledged, assign.call, from: "t0")
        // The target has missed the first draft later.
        bed.receive(.assign(AssignRequest(sequence: 7, draft: "")), open.call, from: "t0")
        #expect(bed.takeSent().isEmpty && bed.state.fleet.drafts["d1"]?.jobs.count == 1)
        bed.receive(.assign(AssignRequest(sequence: 7, draft: "")), assign.call, from: "t0")
        #expect(bed.state.fleet.drafts["d1"]?.jobs.isEmpty == true)
    }

    @Test func aDraftThatTheTargetWasNotToldOfIsNotKeptBusy() throws {
        var (bed, open) = try Self.opened()
        bed.receive(.assign(Self.declined), open.call, from: "t0")
        let assign = try #require(bed.takeSent().first)
        bed.act { $0.undelivered(.full, to: "t0", call: assign.call, now: $1) }
        #expect(bed.state.fleet.drafts["d1"]?.jobs.isEmpty == true && bed.takeSent().isEmpty)
        // Not at once again, and then with what was heard.
        bed.hear("t0", slots: 4, sequences: 1)
        #expect(bed.takeSent().isEmpty)
        bed.pass(1.1)
        bed.attach()
        bed.hear("t0", slots: 4, sequences: 1)
        #expect(bed.takeSent().compactMap(\.assign).count == 1)
    }

    @Test func aSequenceThatTheTargetDoesNotKnowIsOpenedAnew() throws {
        var (bed, open) = try Self.opened()
        bed.commit([1], at: 0, of: open)
        bed.receive(.assign(Self.declined), open.call, from: "t0")
        let assign = try #require(bed.takeSent().first)
        bed.receive(.status(Status(.notFound, "no such sequence")), assign.call, from: "t0")
        let sent = bed.takeSent()
        #expect(sent.first?.isCancel == true && sent.last?.open?.request.committed == [1])
        #expect(bed.state.fleet.drafts.values.map(\.jobs.count).reduce(0, +) == 1)
    }

    @Test func whatOthersHaveAtADraftCounts() throws {
        var (bed, open) = try Self.opened(drafts: ["d0"])
        // Another coordinator has the rest of it, and then takes this one's slot too.
        bed.hear("d0", slots: 4, sequences: 4)
        bed.generate(2)
        #expect(bed.takeOpens().map(\.open!.draft) == [""])
        bed.receive(.assign(Self.declined), open.call, from: "t0")
        for _ in 0..<40 {
            bed.pass(0.5)
            bed.hear("d0", slots: 4, sequences: 4)
            bed.attach()
        }
        #expect(bed.takeSent().isEmpty, "it is not offered while it is full")
        bed.hear("d0", slots: 4, sequences: 3)
        #expect(bed.takeSent().compactMap(\.assign).count == 1)
        #expect(!bed.counts.contains(.failedOver(.draft)))
    }

    @Test func aDraftsSequenceThatEndedIsNotTakenForAnothers() throws {
        var (bed, open) = try Self.opened(drafts: ["d0"])
        bed.commit([1], at: 0, of: open, finish: .stop)
        bed.hear("d0", slots: 4, sequences: 1)
        #expect(bed.state.fleet.drafts["d0"]?.occupancy.sequences == 0)
    }

    @Test func aDraftThatDeclinesAgainAndAgainIsOfferedEverMoreSeldom() throws {
        var (bed, open) = try Self.opened(drafts: ["d0"])
        var call = open.call
        var offers = 0
        bed.receive(.assign(Self.declined), call, from: "t0")
        for _ in 0..<600 {
            bed.pass(1, ticks: 2)
            bed.hear("d0", slots: 4, sequences: 0)
            bed.attach()
            for sent in bed.takeSent() where sent.assign != nil {
                offers += 1
                call = sent.call
                bed.receive(.acknowledged, call, from: "t0")
                bed.receive(.assign(Self.declined), call, from: "t0")
            }
        }
        // After 1, 2, 4, 8, 16, 32 heartbeats, and then once a minute.
        #expect((10...16).contains(offers), "\(offers)")
    }

    // MARK: Greeting

    @Test func aDraftThatIsRefusedForGoodIsAskedEverMoreSeldom() {
        var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0"])
        for member in ["t0", "d0"] { bed.act { $0.reached(member, CoordinatorBed.peer(member), now: $1) } }
        var asks = 0
        for _ in 0..<600 {
            for sent in bed.takeSent() where sent.isAttach {
                asks += 1
                bed.receive(.status(Status(.failedPrecondition, "another vocabulary")), sent.call, from: "d0")
            }
            bed.pass(1, ticks: 2)
        }
        #expect((10...18).contains(asks), "\(asks)")
        // A target that has come anew is worth a question.
        bed.act { $0.lost("t0", reason: "silent", now: $1) }
        bed.act { $0.reached("t0", CoordinatorBed.peer("t0"), now: $1) }
        #expect(bed.takeSent().filter(\.isAttach).count == 1)
    }

    @Test func aPairIsAskedForOnceAMinuteAndNotUsedWhereNoAnswerComes() throws {
        var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0"], slots: 4)
        bed.pass(Fleet.Pair.interval - 1)
        #expect(bed.takeSent().isEmpty)
        bed.pass(1.2)
        let ask = try #require(bed.takeSent().first)
        #expect(ask.isAttach && bed.state.fleet.isComplete)
        bed.receive(.acknowledged, ask.call, from: "d0")
        bed.pass(Fleet.Pair.interval + 0.5, ticks: 200)
        #expect(bed.takeSent().filter(\.isAttach).count == 1)
        // The draft has dropped the target, and waits for it.
        bed.pass(2)
        #expect(!bed.state.fleet.isComplete)
        bed.generate(1)
        #expect(bed.takeOpens().map(\.open!.draft) == [""])
    }

    // MARK: Load

    @Test func aRequestThatIsCancelledBeforeItIsOpenIsNotTakenForAnothers() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.act { $0.cancel(client: CoordinatorBed.client, call: 1, now: $1) }
        // The target had opened it already, and hears of the cancel later.
        bed.open(open, sequence: 7)
        bed.hear("t0", slots: 1, sequences: 1)
        bed.generate(2)
        #expect(bed.takeOpens().count == 1)
    }

    @Test func aSequenceWhoseOpeningWasLostIsCountedOnce() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 2)
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.commit([1], at: 0, of: open)
        bed.hear("t0", slots: 2, sequences: 1)
        bed.generate(2)
        #expect(bed.takeOpens().count == 1)
    }
}
