internal import ForetokenWire
internal import Speculation
internal import Testing

@testable import Roles

/// Requests are placed, and end with their clients.
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
