internal import ForetokenWire
internal import Speculation
internal import Testing

@testable import Roles

@Suite struct CoordinatorStateTests {
    // MARK: Placing

    @Test func requestsGoToTheEmptiestTargetAndTheRestWaits() {
        var bed = CoordinatorBed(slots: 2)
        for call in 1...5 { bed.generate(UInt64(call)) }
        #expect(bed.takeOpens().map(\.member) == ["t0", "t1", "t0", "t1"])
        #expect(bed.state.load == Load(slots: 4, sequences: 4, waiting: 1))
    }

    @Test func aFullQueueRefuses() {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1, mostWaiting: 1)
        for call in 1...3 { bed.generate(UInt64(call)) }
        #expect(bed.statuses == [3: .resourceExhausted])
        #expect(bed.counts.contains(.failed(.resourceExhausted)))
    }

    /// Bytes are bounded, not only requests: of one client, and of all.
    @Test func requestsThatAreTooLongInAllAreRefused() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1, mostWaiting: 1000)
        let half = CoordinatorState.mostClientBytes / 2
        for call in 1...3 { bed.generate(UInt64(call), bytes: half) }
        #expect(bed.statuses == [3: .resourceExhausted])
        // Another client has room of its own.
        bed.generate(4, client: CoordinatorBed.other, bytes: half)
        #expect(bed.statuses == [3: .resourceExhausted] && bed.state.jobs.bytes == 3 * half)
        // Whatever its end is, a request gives its bytes back: as a client is lost, as it is cancelled, and when it is done.
        bed.act { $0.lose(client: CoordinatorBed.other, now: $1) }
        bed.act { $0.cancel(client: CoordinatorBed.client, call: 2, now: $1) }
        #expect(bed.state.jobs.bytes == half && bed.state.jobs.bytes(of: CoordinatorBed.client) == half)
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 7)
        bed.commit([1], at: 0, of: open, finish: .stop)
        #expect(bed.state.jobs.bytes == 0 && bed.state.jobs.bytes(of: CoordinatorBed.client) == 0)
        // Many clients do not have more in all.
        let clients = CoordinatorState.mostBytes / half
        for number in 0...clients {
            bed.generate(UInt64(100 + number), client: PeerID([9, UInt8(number)]), bytes: half)
        }
        #expect(bed.statuses[UInt64(100 + clients)] == .resourceExhausted)
        #expect(bed.statuses[UInt64(100 + clients - 1)] == nil && bed.state.jobs.bytes == CoordinatorState.mostBytes)
    }

    /// However many connections a client makes with its key; and what one of them gives back is the others' again.
    @Test func connectionsOfOneKeyShareItsBytes() {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1, mostWaiting: 1000)
        let half = CoordinatorState.mostClientBytes / 2
        func peer(_ number: UInt8, _ key: String) -> PeerID {
            PeerID([number], identity: Identity(role: .client, name: key, key: key))
        }
        for number: UInt8 in 1...3 { bed.generate(UInt64(number), client: peer(number, "one"), bytes: half) }
        #expect(bed.statuses == [3: .resourceExhausted])
        bed.generate(4, client: peer(4, "other"), bytes: half)
        #expect(bed.statuses == [3: .resourceExhausted])
        bed.act { $0.lose(client: peer(1, "one"), now: $1) }
        #expect(bed.state.jobs.bytes(of: peer(9, "one")) == half)
        bed.generate(5, client: peer(5, "one"), bytes: half)
        #expect(bed.statuses == [3: .resourceExhausted])
        for number: UInt8 in [2, 4, 5] {
            bed.act { $0.lose(client: peer(number, number == 4 ? "other" : "one"), now: $1) }
        }
        #expect(bed.state.jobs.bytes == 0 && bed.state.jobs.bytes(of: peer(2, "one")) == 0)
    }

    @Test func aTextThatEndsMakesRoomForTheNext() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        bed.generate(2)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 7)
        bed.commit([1, 2], at: 0, of: first, finish: .stop)
        #expect(bed.takeOpens().count == 1)
        #expect(bed.told.map(\.call) == [1])
        #expect(bed.counts.contains { if case .finished(.stop, _) = $0 { true } else { false } })
    }

    @Test func aTokenThatTheClientHasIsNotSentAgain() throws {
        var bed = CoordinatorBed(slots: 1)
        bed.generate(1, committed: [1, 2])
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 7)
        bed.commit([2, 3], at: 1, of: open)
        let fresh = try #require(bed.told.first?.committed)
        #expect(fresh.index == 2 && fresh.pieces.map(\.token) == [3])
    }

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

    // MARK: Full targets, and other coordinators

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

    // MARK: Clients

    @Test func deadlinesEndWhatWaitsAndWhatIsWritten() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1, timeout: 1000)
        bed.generate(2, timeout: 2000)
        bed.generate(3)
        let first = try #require(bed.takeOpens().first)
        bed.open(first, sequence: 7)
        bed.pass(0.9)
        #expect(bed.statuses.isEmpty)
        bed.pass(0.2)
        #expect(bed.statuses == [1: .deadlineExceeded])
        let sent = bed.takeSent()
        #expect(sent.count == 2 && sent[0].isCancel && sent[1].open != nil)
        bed.generate(4, timeout: 500)
        bed.pass(1)
        #expect(bed.statuses == [1: .deadlineExceeded, 2: .deadlineExceeded, 4: .deadlineExceeded])
        #expect(bed.state.load == Load(slots: 1, sequences: 1))
    }

    @Test func aLostClientFreesWhatItHad() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 2)
        for call in 1...3 { bed.generate(UInt64(call)) }
        bed.generate(1, client: CoordinatorBed.other)
        #expect(bed.takeOpens().count == 2)
        bed.act { $0.lose(client: CoordinatorBed.client, now: $1) }
        let sent = bed.takeSent()
        #expect(sent.filter(\.isCancel).count == sent.filter { $0.open != nil }.count + 1)
        #expect(bed.told.isEmpty)
        #expect(bed.state.load == Load(slots: 2, sequences: 1))
        #expect(bed.counts.filter { $0 == .failed(.cancelled) }.count == 3)
    }

    @Test func aCancelledCallEndsOnce() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        bed.generate(2)
        for call in [2, 1, 1] as [UInt64] { bed.act { $0.cancel(client: CoordinatorBed.client, call: call, now: $1) } }
        #expect(bed.told.map(\.call) == [2, 1] && bed.statuses == [1: .cancelled, 2: .cancelled])
        #expect(bed.state.load == Load(slots: 1))
    }

    @Test func aClientThatAsksAgainGoesOn() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        let first = try #require(bed.takeOpens().first)
        bed.generate(1, committed: [5])
        let sent = bed.takeSent()
        #expect(sent.count == 2 && sent[0].isCancel && sent[0].call == first.call)
        #expect(sent[1].open?.request.committed == [5] && bed.told.isEmpty)
    }

    @Test func aClientThatTakesNothingIsEnded() throws {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        bed.generate(1)
        let open = try #require(bed.takeOpens().first)
        bed.open(open, sequence: 7)
        bed.commit([1], at: 0, of: open)
        bed.act { $0.undelivered(.full, to: CoordinatorBed.client, call: 1, now: $1) }
        #expect(bed.takeSent().map(\.isCancel) == [true])
        #expect(bed.counts.contains(.failed(.resourceExhausted)))
    }

    @Test func whoStopsEndsEverything() {
        var bed = CoordinatorBed(targets: ["t0"], slots: 1)
        for call in 1...3 { bed.generate(UInt64(call)) }
        _ = bed.takeSent()
        bed.act { $0.stop(now: $1) }
        #expect(bed.statuses == [1: .aborted, 2: .aborted, 3: .aborted])
        // Nobody is placed on the way.
        #expect(bed.takeSent().map(\.isCancel) == [true])
        #expect(bed.state.load == Load(slots: 1))
    }
}
