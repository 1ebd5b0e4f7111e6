internal import ForetokenWire
internal import Speculation
internal import Testing

@testable import Roles

/// Texts outlive the targets that write them.
@Suite struct CoordinatorLossTests {
    // MARK: Targets that are lost

    @Test func aTextGoesOnAtAnotherTargetBehindItsTokens() throws {
        var bed = CoordinatorBed(slots: 1)
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 7)
        bed.commit([1, 2, 3], at: 0, of: first)
        bed.act { $0.lost("t0", reason: "silent", now: $1) }
        let second = try #require(bed.takeOpens().first)
        #expect(second.member == "t1" && second.call != first.call && second.open?.request.committed == [1, 2, 3])
        #expect(!bed.counts.contains(.failedOver(.target)))
        bed.open(second, sequence: 1)
        #expect(bed.counts.contains(.failedOver(.target)))
        // What the lost one still says is nobody's.
        _ = bed.takeTold()
        bed.commit([9], at: 3, of: first)
        #expect(bed.told.isEmpty)
        #expect(bed.takeSent().map(\.isCancel) == [true])
        bed.commit([4], at: 3, of: second, finish: .stop)
        let last = try #require(bed.told.first?.committed)
        #expect(last.index == 3 && last.statistics?.resumptions == 1)
    }

    @Test func aTextThatBringsTargetsDownIsEnded() throws {
        var bed = CoordinatorBed(targets: ["t0", "t1", "t2"], slots: 1)
        bed.generate(1)
        bed.act { $0.lost("t0", reason: "silent", now: $1) }
        bed.act { $0.lost("t1", reason: "silent", now: $1) }
        #expect(bed.statuses == [1: .internalError])
        #expect(bed.takeOpens().map(\.member) == ["t0", "t1"])
        #expect(bed.state.load == Load(slots: 1))
    }

    /// A coordinator that was cut off or frozen finds everybody gone, however often.
    @Test func aTextIsNotToBlameForWhatCutTheCoordinatorOff() throws {
        var bed = CoordinatorBed(targets: ["t0", "t1", "t2"], slots: 1)
        bed.generate(1)
        for target in ["t0", "t1"] {
            bed.act { $0.lost(target, reason: "silent", isSilent: true, isOurs: true, now: $1) }
        }
        #expect(bed.statuses.isEmpty && bed.takeOpens().map(\.member) == ["t0", "t1", "t2"])
    }

    // MARK: Targets that leave

    private static let leaving = Envelope.Body.pong(Pong(load: Load(slots: 2, sequences: 2, isLeaving: true)))

    @Test func textsOfATargetThatLeavesMoveWhereThereIsRoom() throws {
        var bed = CoordinatorBed(targets: ["t0", "t1"], slots: 2)
        for call: UInt64 in 1...3 { bed.generate(call) }
        let opens = bed.takeOpens()
        for (index, open) in opens.enumerated() {
            bed.open(open, sequence: UInt64(index))
            bed.commit([1, 2], at: 0, of: open)
        }
        #expect(opens.map(\.member) == ["t0", "t1", "t0"])
        bed.receive(Self.leaving, 0, from: "t0")
        let sent = bed.takeSent()
        let moved = sent.compactMap { $0.open == nil ? nil : $0 }
        // One slot is free at the other; the second text stays until there is one more.
        #expect(moved.map(\.member) == ["t1"] && moved[0].open?.request.committed == [1, 2])
        #expect(sent.filter(\.isCancel).map(\.call) == [opens[0].call])
        bed.generate(4)
        #expect(bed.takeOpens().isEmpty, "nothing new is placed there")
        bed.commit([3], at: 2, of: opens[1], finish: .stop)
        // The one that waits came before it asked again.
        #expect(bed.takeOpens().count == 1)
        bed.open(moved[0], sequence: 9)
        bed.commit([3], at: 2, of: moved[0], finish: .stop)
        bed.receive(Self.leaving, 0, from: "t0")
        #expect(bed.takeOpens().map(\.member) == ["t1"])
        #expect(bed.statuses.isEmpty)
    }

    @Test func aTextStaysWithALoneTargetThatLeavesAndIsOpenedAnewBehindItsStatus() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 2)
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 7)
        bed.commit([1], at: 0, of: open)
        bed.receive(Self.leaving, 0, from: "t0")
        #expect(bed.takeSent().isEmpty)
        bed.commit([2], at: 1, of: open)
        bed.receive(.status(Status(.unavailable)), open.call, from: "t0")
        bed.act { $0.lost("t0", reason: "the connection ended", now: $1) }
        bed.pass(5)
        #expect(bed.statuses.isEmpty && bed.takeOpens().isEmpty)
        bed.reach("t0", slots: 2)
        #expect(bed.takeOpens().map { $0.open?.request.committed } == [[1, 2]])
    }

    @Test func rescuedTextsGoBeforeAllOthersInTheirOrder() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 3)
        for call in 1...4 { bed.generate(UInt64(call)) }
        #expect(bed.takeOpens().count == 3)
        bed.act { $0.lost("t0", reason: "silent", now: $1) }
        bed.reach("t0", slots: 4)
        let calls = try bed.takeOpens().map { open in
            try #require(bed.state.calls[open.call].flatMap { if case .open(let job) = $0 { job } else { nil } })
        }
        #expect(calls == [1, 2, 3, 4])
    }

    @Test func aTextWhoseTokensWereLostIsOpenedAnew() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 7)
        bed.commit([1], at: 0, of: first)
        bed.commit([3], at: 2, of: first)
        let sent = bed.takeSent()
        #expect(sent.count == 2 && sent[0].isCancel && sent[0].call == first.call)
        #expect(sent[1].open?.request.committed == [1])
    }

    @Test func withoutAnyTargetARequestWaitsForAWhile() {
        var bed = CoordinatorBed()
        bed.generate(1)
        bed.pass(CoordinatorState.patience - 0.1)
        #expect(bed.told.isEmpty)
        bed.pass(0.3)
        #expect(bed.statuses == [1: .unavailable])
    }

    @Test func aTargetOfAnotherModelIsNotUsed() {
        var bed = CoordinatorBed()
        for (target, weights) in [("t0", 1), ("t1", 2)] as [(String, UInt64)] {
            let peer = CoordinatorBed.peer(target, slots: 1, model: CoordinatorBed.model(weights: weights))
            bed.act { $0.reached(target, peer, now: $1) }
        }
        bed.generate(1)
        bed.generate(2)
        #expect(bed.takeOpens().map(\.member) == ["t0"])
        #expect(bed.state.description { _ in nil }.targets[1].reason.contains("one model"))
    }
}
