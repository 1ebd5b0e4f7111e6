internal import ForetokenWire
internal import Speculation
internal import Testing

@testable import Roles

/// Targets are full, or other coordinators use them, too.
@Suite struct CoordinatorSharingTests {
    @Test func whatOthersHaveAtATargetCounts() throws {
        var bed = CoordinatorBed(slots: 2)
        // Another coordinator has both slots of t0.
        bed.hear("t0", slots: 2, sequences: 2)
        for call in 1...3 { bed.generate(UInt64(call)) }
        let opens = bed.takeOpens()
        #expect(opens.map(\.member) == ["t1", "t1"])
        for (index, open) in opens.enumerated() { bed.open(open, sequence: UInt64(index)) }
        // Its own are not counted twice.
        bed.hear("t1", slots: 2, sequences: 2)
        bed.commit([1], at: 0, of: opens[0], finish: .stop)
        #expect(bed.takeOpens().map(\.member) == ["t1"])
        // One that is being tokenized is not told yet, and hides none of the others.
        bed.generate(4)
        #expect(bed.takeOpens().isEmpty)
        bed.hear("t0", slots: 2, sequences: 1)
        #expect(bed.takeOpens().map(\.member) == ["t0"])
        bed.hear("t0", slots: 2, sequences: 1)
        bed.generate(5)
        #expect(bed.takeOpens().isEmpty)
    }

    @Test func aCancelledSequenceIsNotTakenForAnothers() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        bed.open(try #require(bed.takeOpens().first), sequence: 7)
        bed.act { $0.cancel(client: CoordinatorBed.client, call: 1, now: $1) }
        // Told before the cancel came.
        bed.hear("t0", slots: 1, sequences: 1)
        bed.generate(2)
        #expect(bed.takeOpens().count == 1)
    }

    @Test func aTargetThatRefusedIsNotAskedAgainAtOnce() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 2)
        bed.generate(1)
        let refused = Status(.resourceExhausted, "all slots are busy")
        bed.receive(.status(refused), try #require(bed.takeOpens().first).call, from: "t0")
        bed.pass(0.9)
        #expect(bed.takeOpens().isEmpty && bed.told.isEmpty)
        bed.pass(0.2)
        let second = try #require(bed.takeOpens().first)
        bed.receive(.status(refused), second.call, from: "t0")
        bed.hear("t0", slots: 2, sequences: 2)
        #expect(bed.takeOpens().isEmpty)
        bed.hear("t0", slots: 2, sequences: 1)
        #expect(bed.takeOpens().count == 1)
    }

    @Test func ofTwoTargetsTheOneThatRefusedIsPassedOver() throws {
        var bed = CoordinatorBed(slots: 4)
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.receive(.status(Status(.resourceExhausted, "full")), first.call, from: first.member)
        #expect(first.member == "t0" && bed.takeOpens().map(\.member) == ["t1"])
        #expect(bed.statuses.isEmpty)
    }

    /// Both want more than the target holds, and neither keeps it busy with refusals.
    @Test func twoCoordinatorsShareATarget() throws {
        var beds = [CoordinatorBed(targets: ["t0"], slots: 2), CoordinatorBed(targets: ["t0"], slots: 2)]
        var live: [(bed: Int, sent: CoordinatorBed.Sent, until: Int)] = []
        var refusals = 0
        for call in 1...20 { for index in beds.indices { beds[index].generate(UInt64(call)) } }
        for step in 0..<16 * 60 {
            for index in beds.indices {
                beds[index].pass(1.0 / 16, ticks: 1)
                if step % 8 == 0 { beds[index].hear("t0", slots: 2, sequences: live.count) }
            }
            for done in live where done.until <= step {
                beds[done.bed].commit([1], at: 0, of: done.sent, finish: .stop)
            }
            live.removeAll { $0.until <= step }
            for index in beds.indices {
                for sent in beds[index].takeOpens() {
                    guard live.count < 2 else {
                        refusals += 1
                        beds[index].receive(.status(Status(.resourceExhausted, "full")), sent.call, from: "t0")
                        continue
                    }
                    beds[index].open(sent, sequence: UInt64(step))
                    live.append((index, sent, step + 16))
                }
            }
        }
        for bed in beds { #expect(bed.told.count == 20 && bed.statuses.isEmpty) }
        // At most one for each heartbeat of each, in 60; asking at every look would be 600.
        #expect(refusals <= 60)
    }

    @Test func aMessageThatDoesNotLeaveIsTriedElsewhere() throws {
        var bed = CoordinatorBed(slots: 1)
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.act { $0.undelivered(.unreachable, to: first.member, call: first.call, now: $1) }
        let second = try #require(bed.takeOpens().first)
        #expect(first.member == "t0" && second.member == "t1")
        bed.act { $0.undelivered(.full, to: second.member, call: second.call, now: $1) }
        #expect(bed.statuses == [1: .resourceExhausted])
    }

    @Test func aFullTargetEndsOneRequestAndNotTheWholeQueue() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        bed.generate(2)
        let first = try #require(bed.takeOpens().first)
        bed.act { $0.undelivered(.full, to: first.member, call: first.call, now: $1) }
        #expect(bed.statuses == [1: .resourceExhausted])
        #expect(bed.takeOpens().isEmpty)
        bed.pass(1.1)
        #expect(bed.takeOpens().count == 1)
    }
}
