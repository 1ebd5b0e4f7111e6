internal import ForetokenWire
internal import OrderedCollections
internal import Speculation
internal import Testing

@testable import Roles

/// Members that come and go while texts are written.
@Suite struct CoordinatorMembersTests {
    private static let peer = PeerID([9])

    @Test func aTargetThatRegistersTakesWhatWaits() throws {
        var bed = CoordinatorBed(targets: [])
        bed.generate(1)
        #expect(bed.register("t0", by: Self.peer) == nil)
        #expect(bed.takeReachings() == [.connect("t0")])
        bed.reach("t0", slots: 1)
        #expect(bed.takeOpens().map(\.member) == ["t0"])
        #expect(bed.state.description { _ in nil }.targets.map(\.source) == [.registered])
    }

    @Test func withoutAnyTargetItSaysHowToGetOne() throws {
        var bed = CoordinatorBed(targets: [])
        bed.act { state, _ in state.list(name: "name", .target) }
        #expect(bed.state.description { _ in nil }.targets.map(\.address) == ["name"])
        #expect(!bed.state.fleet.isComplete)
        bed.generate(1)
        bed.pass(CoordinatorState.patience + 0.1)
        guard case .status(let status) = try #require(bed.told.first).body else { return }
        #expect(status.code == .unavailable && status.message.contains("name: the name does not resolve"))
        #expect(CoordinatorBed(targets: []).state.fleet.unreachableReason.contains("--coordinator"))
    }

    @Test func theTextsOfATargetThatLeavesGoOnElsewhere() throws {
        var bed = CoordinatorBed(targets: ["t0"])
        bed.act { state, _ in state.list(name: "name", .target) }
        bed.act { $0.resolved("name", to: ["t1"], now: $1) }
        bed.reach("t1", slots: 4)
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 7)
        bed.commit([1, 2], at: 0, of: first)
        bed.reach("t0", slots: 4)
        for _ in 0..<Roster.mostOmissions { bed.act { $0.resolved("name", to: ["t2"], now: $1) } }
        let second = try #require(bed.takeOpens().first)
        #expect(first.member == "t1" && second.member == "t0" && second.open?.request.committed == [1, 2])
        #expect(bed.takeReachings().suffix(2) == [.connect("t2"), .disconnect("t1")])
        #expect(Array(bed.state.fleet.targets.keys) == ["t0", "t2"])
    }

    @Test func theTextsOfATargetThatIsListedNoLongerGoOnElsewhere() throws {
        var bed = CoordinatorBed(targets: ["t0", "t1"])
        bed.reach("t0", slots: 4)
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 7)
        bed.commit([1, 2], at: 0, of: first)
        bed.reach("t1", slots: 4)
        bed.act { $0.unlist("t0", now: $1) }
        let second = try #require(bed.takeOpens().first)
        #expect(second.member == "t1" && second.open?.request.committed == [1, 2])
        #expect(bed.takeReachings().last == .disconnect("t0"))
        #expect(Array(bed.state.fleet.targets.keys) == ["t1"])
    }

    @Test func theSequencesOfADraftThatLeavesGetAnother() throws {
        var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0"])
        bed.register("d1", by: Self.peer)
        for member in ["t0", "d1"] { bed.reach(member, slots: 4) }
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 7)
        #expect(open.open?.draft == "d1's")
        bed.reach("d0", slots: 4)
        bed.act { $0.lost("d1", reason: "gone", now: $1) }
        bed.act { $0.lose(client: Self.peer, now: $1) }
        #expect(bed.takeSent().compactMap(\.assign) == [AssignRequest(sequence: 7, draft: "d0's")])
        #expect(Array(bed.state.fleet.drafts.keys) == ["d0"] && bed.takeReachings().last == .disconnect("d1"))
    }

    @Test func aFrozenMemberKeepsItsPlaceAndARestartedOneBeginsAnew() throws {
        var bed = CoordinatorBed(targets: [])
        for (index, target) in ["t0", "t1"].enumerated() {
            bed.register(target, by: PeerID([UInt8(index)]))
            bed.reach(target, slots: 1)
        }
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 7)
        _ = bed.takeReachings()
        // Its greeting is repeated: nothing has happened to it.
        bed.register("t0", by: PeerID([0]))
        #expect(bed.takeReachings().isEmpty && bed.takeSent().isEmpty)
        // Started anew: what it had is gone, and nobody waits for a heartbeat.
        bed.register("t0", by: PeerID([5]), name: "t0's next")
        #expect(bed.takeReachings() == [.disconnect("t0"), .connect("t0")])
        #expect(bed.takeOpens().map(\.member) == ["t1"])
    }

    @Test func aProcessThatAnswersAtTwoAddressesCountsOnce() throws {
        var bed = CoordinatorBed(targets: ["t0", "t1"])
        bed.reach("t0", slots: 2)
        bed.act { $0.reached("t1", CoordinatorBed.peer("t1", slots: 2, name: "t0's"), now: $1) }
        #expect(bed.state.load.slots == 2 && bed.state.fleet.isComplete)
        let members = bed.state.description { _ in nil }.targets
        #expect(members.map(\.reachable) == [true, false] && members[1].reason.contains("t0"))
        // It takes over where the first address fails.
        bed.act { $0.lost("t0", reason: "cut", now: $1) }
        #expect(bed.state.load.slots == 2 && bed.state.fleet.targets["t1"]?.peer != nil)
    }

    @Test func aTargetOfAnotherModelIsUsedOnceTheOthersAreGone() {
        func peer(_ name: String) -> Peer {
            CoordinatorBed.peer(
                "t", slots: 1, name: name, model: CoordinatorBed.model(name, weights: name == "small" ? 1 : 2))
        }
        var bed = CoordinatorBed(targets: ["t0"])
        bed.register("t1", by: Self.peer)
        bed.act { $0.reached("t1", peer("small"), now: $1) }
        bed.act { $0.reached("t0", peer("large"), now: $1) }
        #expect(bed.state.fleet.targets["t0"]?.peer == nil)
        bed.act { $0.lost("t1", reason: "gone", now: $1) }
        #expect(bed.state.fleet.targets["t0"]?.peer == nil, "it may come back")
        bed.pass(CoordinatorState.patience)
        #expect(bed.state.fleet.targets["t0"]?.peer?.name == "large")
    }

    /// Where texts and drafts go in a fleet that grew while it ran, by what is free, near, and known to gain.
    @Test func membersThatJoinLaterArePlacedLikeThoseThatWereThere() throws {
        let target = TargetReport(
            tokensPerSecond: 100, rows: 1,
            passTime: [1, 2, 4, 8, 16, 32].map { .init(rows: $0, seconds: 0.01 + 0.0002 * Double($0 - 1)) })
        func report(at target: String, roundTrip: Seconds = 0.001, acceptance: Double = 0.8) -> DraftReport {
            DraftReport(
                target: target, draftToken: 0.001, roundTrip: roundTrip, predictedAcceptance: acceptance,
                measuredAcceptance: acceptance, price: 0.1, lookahead: 3, passes: 64)
        }
        struct Row {
            var what: String
            /// What each draft measured at each target.
            var reports: [String: [DraftReport]]
            var requests = 8
            /// Targets, and their drafts, that the requests get.
            var expected: [String: Set<String>]
        }
        let table = [
            Row(
                what: "nothing is known: everybody gets a share",
                reports: [:], expected: ["t0": ["d0's", "d1's"], "t1": ["d0's", "d1's"]]),
            Row(
                what: "each draft is near one of the targets",
                reports: [
                    "d0": [report(at: "t0"), report(at: "t1", roundTrip: 0.2)],
                    "d1": [report(at: "t0", roundTrip: 0.2), report(at: "t1")],
                ], expected: ["t0": ["d0's"], "t1": ["d1's"]]),
            Row(
                what: "the draft that joined guesses better, for both targets",
                reports: [
                    "d0": [report(at: "t0", acceptance: 0.3), report(at: "t1", acceptance: 0.3)],
                    "d1": [report(at: "t0"), report(at: "t1")],
                ], requests: 2, expected: ["t0": ["d1's"], "t1": ["d1's"]]),
        ]
        for row in table {
            var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0"], slots: 4)
            for (index, member) in ["t1", "d1"].enumerated() {
                bed.register(member, by: PeerID([UInt8(index)]))
                bed.reach(member, slots: member == "t1" ? 4 : 8)
            }
            for member in ["t0", "t1"] { bed.hear(member, slots: 4, sequences: 0, target: target) }
            for (draft, reports) in row.reports { bed.hear(draft, slots: 8, sequences: 0, drafts: reports) }
            var got: [String: Set<String>] = [:]
            for call in 1...row.requests { bed.generate(UInt64(call)) }
            let opens = bed.takeOpens()
            for open in opens { got[open.member, default: []].insert(open.open!.draft) }
            #expect(opens.count == row.requests && got == row.expected, "\(row.what)")
        }
    }
}
