import ForetokenWire
import OrderedCollections
import Speculation
import Testing

@testable import Roles

/// Where a text goes on that a lost target has begun: at the same weights alone, and where it can be at the same rounding.
@Suite struct CoordinatorModelsTests {
    /// - Parameter roundings: of the targets, `nil` for those that do not keep to exact passes.
    private func bed(_ roundings: [UInt64?], slots: Int = 4) -> CoordinatorBed {
        var bed = CoordinatorBed(targets: roundings.indices.map { "t\($0)" })
        for (index, rounding) in roundings.enumerated() { self.reach("t\(index)", rounding, slots: slots, &bed) }
        return bed
    }

    private func reach(_ target: String, _ rounding: UInt64?, slots: Int = 4, _ bed: inout CoordinatorBed) {
        let model = CoordinatorBed.model(rounding: rounding)
        bed.act { $0.reached(target, CoordinatorBed.peer(target, slots: slots, model: model), now: $1) }
    }

    private func lose(_ target: String, _ bed: inout CoordinatorBed) {
        bed.act { $0.lost(target, reason: "gone", now: $1) }
    }

    private func strays(_ bed: CoordinatorBed) -> [Int] {
        [
            bed.counts.count { $0 == .strayed },
            bed.notes.count { if case .strayed = $0 { true } else { false } },
        ]
    }

    /// A text begins at t0, which rounds like t3; the others come first otherwise.
    @Test func aTextGoesOnWhereRoundingIsTheSame() throws {
        var bed = self.bed([1, 2, nil, 1])
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        #expect(first.member == "t0")
        bed.open(first, sequence: 1)
        bed.commit([5], at: 0, of: first)
        self.lose("t0", &bed)
        let second = try #require(bed.takeOpens().first)
        #expect(second.member == "t3")
        bed.open(second, sequence: 2)
        #expect(self.strays(bed) == [0, 0])
        // Nobody else rounds so: it goes on at another, and that is told once, however often it moves.
        bed.pass(GenerationJob.innocence + 1)
        self.lose("t3", &bed)
        let third = try #require(bed.takeOpens().first)
        #expect(third.member == "t1" && self.strays(bed) == [0, 0])
        bed.open(third, sequence: 3)
        #expect(self.strays(bed) == [1, 1])
        bed.pass(GenerationJob.innocence + 1)
        bed.commit([6], at: 1, of: third)
        self.lose("t1", &bed)
        let fourth = try #require(bed.takeOpens().first)
        #expect(fourth.member == "t2")
        bed.open(fourth, sequence: 4)
        #expect(self.strays(bed) == [1, 1])
        #expect(bed.statuses.isEmpty)
    }

    @Test func aTextDoesNotWaitForASlotAtATargetThatRoundsAlike() throws {
        var bed = self.bed([1, 2, 1], slots: 1)
        bed.hear("t2", slots: 1, sequences: 1)
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 1)
        bed.commit([5], at: 0, of: first)
        self.lose(first.member, &bed)
        #expect(first.member == "t0" && bed.takeOpens().map(\.member) == ["t1"])
    }

    /// One without a token has nothing that could differ, and one that was never exact promised nothing.
    @Test(arguments: [(1, 2, false), (1, nil, false), (nil, 1, true), (nil, nil, true)] as [(UInt64?, UInt64?, Bool)])
    func textsThatLoseNothingAreNotTold(from: UInt64?, to: UInt64?, hasWritten: Bool) throws {
        var bed = self.bed([from, to])
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 1)
        if hasWritten { bed.commit([5], at: 0, of: first) }
        self.lose(first.member, &bed)
        let second = try #require(bed.takeOpens().first)
        bed.open(second, sequence: 2)
        #expect(self.strays(bed) == [0, 0])
    }

    @Test func whoJoinsAndRoundsOtherwiseIsTold() {
        func told(_ roundings: [UInt64?]) -> [CoordinatorState.Note] {
            self.bed(roundings).notes.filter { if case .roundsAlone = $0 { true } else { false } }
        }
        #expect(told([1, 1]).isEmpty && told([nil, nil]).isEmpty)
        #expect(told([1, 2]) == [.roundsAlone(target: "t1")])
        #expect(told([1, nil]) == [.roundsAlone(target: "t1")])
    }

    // MARK: Weights

    /// All targets of one model are gone, and another model comes: what was begun does not go on as another text, and what
    /// was not begins there.
    @Test func aTextDoesNotGoOnWithOtherWeights() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 4)
        for call in 1...3 { bed.generate(UInt64(call)) }
        let opens = bed.takeOpens()
        for (index, open) in opens.enumerated() { bed.open(open, sequence: UInt64(index + 1)) }
        bed.commit([5], at: 0, of: opens[0])
        bed.commit([5], at: 0, of: opens[2])
        self.lose("t0", &bed)
        let other = CoordinatorBed.peer("t0", name: "another", model: CoordinatorBed.model(weights: 2))
        bed.act { $0.reached("t0", other, now: $1) }
        #expect(bed.statuses == [1: .unavailable, 3: .unavailable])
        let begun = bed.takeOpens()
        #expect(begun.count == 1 && begun[0].open?.request.committed == [])
        #expect(bed.state.load.sequences == 1 && bed.state.load.waiting == 0)
    }

    /// A client that thinks its call lost asks again, and the text is known.
    @Test func aTextThatIsAskedForAgainIsStillOfItsModel() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 4)
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 1)
        bed.commit([5], at: 0, of: first)
        self.lose("t0", &bed)
        bed.generate(1, committed: [5])
        let other = CoordinatorBed.peer("t0", name: "another", model: CoordinatorBed.model(weights: 2))
        bed.act { $0.reached("t0", other, now: $1) }
        #expect(bed.statuses == [1: .unavailable] && bed.takeOpens().isEmpty)
    }

    /// What a client has of a text from another coordinator, it has with the weights that wrote it.
    @Test func aTextOfAnotherCoordinatorGoesOnWithItsWeights() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 4)
        for (call, weights) in [(1, 1), (2, 2), (3, 0)] as [(UInt64, UInt64)] {
            bed.generate(call, committed: [5], weights: weights)
        }
        // What is not begun may begin anywhere.
        bed.generate(4, weights: 2)
        #expect(bed.statuses == [2: .unavailable] && bed.takeOpens().count == 3)
    }

    @Test func clientsAreToldOnceWhoWrites() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 4)
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 1)
        bed.commit([], at: 0, of: open)
        bed.commit([5], at: 0, of: open)
        bed.commit([6, 7], at: 1, of: open)
        #expect(bed.takeTold().compactMap(\.committed?.weightsFingerprint) == [0, 1, 0])
    }

    // MARK: Fleets of two models

    private static let leaving = Envelope.Body.pong(Pong(load: Load(slots: 4, sequences: 1, isLeaving: true)))

    /// t0 is used and has begun a text; t1, of another model, is set aside.
    private func twoModels(_ weights: UInt64 = 1) throws -> (bed: CoordinatorBed, begun: CoordinatorBed.Sent) {
        var bed = CoordinatorBed()
        self.come("t0", weights, &bed)
        self.come("t1", 2, &bed)
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 1)
        bed.commit([5], at: 0, of: open)
        #expect(open.member == "t0" && bed.state.fleet.targets["t1"]?.peer == nil)
        return (bed, open)
    }

    private func come(_ target: String, _ weights: UInt64, name: String? = nil, _ bed: inout CoordinatorBed) {
        let peer = CoordinatorBed.peer(target, name: name, model: CoordinatorBed.model(weights: weights))
        bed.act { $0.reached(target, peer, now: $1) }
    }

    @Test func aTargetThatIsAwayForAMomentLosesNothingToAnotherModel() throws {
        var bed = try self.twoModels().bed
        self.lose("t0", &bed)
        bed.pass(CoordinatorState.patience * 0.9)
        #expect(bed.takeOpens().isEmpty && bed.statuses.isEmpty)
        self.come("t0", 1, &bed)
        #expect(bed.takeOpens().map(\.member) == ["t0"] && bed.statuses.isEmpty)
        #expect(bed.state.fleet.targets["t1"]?.peer == nil)
    }

    @Test func anotherModelTakesOverFromATargetThatDoesNotComeBack() throws {
        var bed = try self.twoModels().bed
        self.lose("t0", &bed)
        bed.pass(1)
        bed.generate(2)
        bed.pass(CoordinatorState.patience)
        let opens = bed.takeOpens()
        #expect(opens.map(\.member) == ["t1"] && opens[0].open?.request.committed == [])
        #expect(bed.statuses == [1: .unavailable])
    }

    @Test func aFleetChangesItsModelOneTargetAfterTheOther() throws {
        let two = try self.twoModels()
        var bed = two.bed
        bed.receive(Self.leaving, 0, from: "t0")
        bed.generate(2)
        #expect(bed.takeOpens().map(\.member) == ["t1"], "what is new begins at the new model at once")
        bed.commit([6], at: 1, of: two.begun, finish: .stop)
        bed.act { $0.lost("t0", reason: "the connection ended", now: $1) }
        self.come("t0", 2, name: "new", &bed)
        bed.generate(3)
        #expect(bed.takeOpens().map(\.member) == ["t0"] && bed.statuses.isEmpty, "what was begun ends where it was")
    }

    /// Nobody waits for a process whose address another one answers at.
    @Test func targetsThatAllComeBackWithAnotherModelAreUsedAtOnce() {
        var bed = CoordinatorBed()
        for target in ["t0", "t1"] { self.come(target, 1, &bed) }
        for target in ["t0", "t1"] { self.lose(target, &bed) }
        for target in ["t0", "t1"] { self.come(target, 2, name: "\(target)'s next", &bed) }
        bed.pass(0.1, ticks: 1)
        #expect(bed.state.fleet.reachedTargets == 2)
    }

    /// A target of an older release tells no weights.
    @Test func aProcessThatTellsNoWeightsGoesOnWithItsOwnTexts() throws {
        for (name, statuses) in [(nil, [:]), ("new", [1: .unavailable])] as [(String?, [UInt64: Status.Code])] {
            var bed = try self.twoModels(0).bed
            self.lose("t0", &bed)
            self.come("t0", 0, name: name, &bed)
            #expect(bed.takeOpens().count == (name == nil ? 1 : 0) && bed.statuses == statuses)
        }
    }

    /// Nobody loses exactness to a target that could finish the text itself.
    @Test(arguments: [(1, true), (2, false)] as [(UInt64, Bool)])
    func textsOfATargetThatLeavesMoveOnlyWhereTheyStayTheSame(rounding: UInt64, moves: Bool) throws {
        var bed = self.bed([1, rounding])
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 1)
        bed.commit([5], at: 0, of: open)
        bed.receive(Self.leaving, 0, from: "t0")
        #expect(bed.takeOpens().map(\.member) == (moves ? ["t1"] : []) && self.strays(bed) == [0, 0])
    }

    // MARK: Refusals of members

    @Test func refusalsOfMembersAreCountedOnce() {
        var bed = CoordinatorBed(targets: ["t0"], drafts: ["d0"], slots: 2)
        func tell(_ member: String, _ refusals: [RefusalReason: Int]) {
            bed.receive(.pong(Pong(load: Load(slots: 2), refusals: refusals)), 0, from: member)
        }
        func counted(_ role: Role, _ reason: RefusalReason) -> Int {
            bed.counts.reduce(0) { sum, count in
                guard case .refused(role, reason, let times) = count else { return sum }
                return sum + times
            }
        }
        tell("t0", [.key: 3])
        tell("t0", [.key: 3])
        tell("t0", [.key: 5, .sequence: 1])
        tell("d0", [.key: 2])
        #expect(counted(.target, .key) == 5 && counted(.target, .sequence) == 1 && counted(.draft, .key) == 2)
        // Cut off and back: it is the same process. Then a new one, which begins at 0.
        bed.act { $0.lost("t0", reason: "cut", now: $1) }
        bed.reach("t0", slots: 2)
        tell("t0", [.key: 6])
        #expect(counted(.target, .key) == 6)
        bed.act { $0.lost("t0", reason: "restarted", now: $1) }
        bed.act { $0.reached("t0", CoordinatorBed.peer("t0", name: "new"), now: $1) }
        tell("t0", [.key: 4])
        #expect(counted(.target, .key) == 10)
        // Whatever it tells, nothing is taken back.
        tell("t0", [.key: 1])
        tell("t0", [.key: 4])
        #expect(counted(.target, .key) == 10)
    }

    @Test func theLedgerForgetsWhoToldLongAgo() {
        var ledger = RefusalLedger()
        for number in 0...RefusalLedger.mostProcesses { _ = ledger.take([.key: 1], of: "\(number)", key: "") }
        #expect(ledger.take([.key: 1], of: "\(RefusalLedger.mostProcesses)", key: "").isEmpty)
        #expect(ledger.take([.key: 1], of: "0", key: "").map(\.times) == [1])
        // Whoever claims another's name with a key of its own counts by itself.
        #expect(ledger.take([.key: 1 << 40], of: "0", key: "another").map(\.times) == [1 << 40])
        #expect(ledger.take([.key: 3], of: "0", key: "").map(\.times) == [2])
    }

    /// A slot that becomes free with the first text of a client is none for the others, which end with it.
    @Test func aClientThatIsLostIsToldNothing() {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        bed.generate(2, committed: [7], weights: 9)
        #expect(bed.takeOpens().count == 1 && bed.takeTold().isEmpty)
        bed.act { $0.lose(client: CoordinatorBed.client, now: $1) }
        #expect(bed.takeTold().isEmpty && bed.ends.map(\.outcome) == [.failed(.cancelled), .failed(.cancelled)])
    }

    @Test func aCoordinatorThatStopsTellsEachTextItsEndOnce() {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        bed.generate(2, committed: [7], weights: 9)
        bed.act { $0.stop(now: $1) }
        #expect(bed.takeTold().map(\.call) == [1, 2])
        #expect(bed.ends.map(\.outcome) == [.failed(.aborted), .failed(.aborted)])
    }
}
