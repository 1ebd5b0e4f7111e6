import TestSupport
import Testing
import ZeroMQ

@testable import ForetokenLinks

@Suite(.oneAtATime) struct RedialTests {
    @Test func anAddressIsReachedForAgainAfterEachFailureInItsTime() {
        let end = SocketEvent.disconnected(descriptor: 5)
        for (event, seconds) in [
            (end, Redial.patience), (.failed(.other), Redial.patience), (.failed(.key), Redial.failureInterval),
            (.failed(.mechanism), Redial.failureInterval), (.failed(.refused), Redial.failureInterval),
        ] {
            var redial = Redial("tcp://10.0.0.7:1", isName: false)
            #expect(redial.start() == .open("tcp://10.0.0.7:1"))
            redial.opened(now: 100)
            #expect(redial.dueAt == 100 + Redial.patience)
            redial.happened(.connected, now: 101)
            #expect(redial.dueAt == .infinity && redial.isConnected)
            redial.happened(event, now: 110)
            #expect(redial.dueAt == 110 + seconds && !redial.isConnected)
            // It lasts on; that is no reason to wait longer.
            redial.happened(.failed(.other), now: 110.5)
            #expect(redial.dueAt == 110 + seconds)
            #expect(redial.due(at: 106) == .nothing)
            #expect(redial.due(at: 110 + seconds) == .open("tcp://10.0.0.7:1"))
            #expect(redial.due(at: 110 + seconds) == .nothing)
        }
    }

    @Test func nothingIsMadeAnewWhileThereIsAConnection() {
        var redial = Redial("tcp://10.0.0.7:1", isName: false)
        _ = redial.start()
        redial.opened(now: 0)
        let due = redial.dueAt
        redial.happened(.connected, now: 1)
        #expect(redial.due(at: due) == .nothing)
        var within = Redial("inproc://target", isName: false, isConnected: true)
        #expect(within.start() == .open("inproc://target"))
        within.opened(now: 0)
        #expect(within.dueAt == .infinity)
    }

    @Test func aNameIsAskedForEachTimeAndItsAddressesTakeTurns() {
        var redial = Redial("tcp://targets:1", isName: true, turn: 1)
        #expect(redial.start() == .ask && redial.isUnresolved)
        #expect(redial.answered(by: ["a", "b", "c"], now: 0) == .open("b"))
        redial.opened(now: 0)
        for (now, next) in [(2.0, "c"), (4.0, "a"), (6.0, "b")] {
            #expect(redial.dueAt == now && redial.due(at: now) == .ask && !redial.isUnresolved)
            #expect(redial.answered(by: ["a", "b", "c"], now: now) == .open(next))
            redial.opened(now: now)
        }
        // All were tried: from now on each gets the time that a slow handshake takes.
        #expect(redial.dueAt == 12)
        // What was known stays while nobody answers, and is forgotten for another answer.
        #expect(redial.due(at: 12) == .ask && redial.answered(by: [], now: 12) == .open("c"))
        redial.opened(now: 12)
        #expect(redial.due(at: 18) == .ask && redial.answered(by: ["d"], now: 18) == .open("d"))
        redial.opened(now: 18)
        // The former socket may have found its way meanwhile.
        #expect(redial.due(at: 24) == .ask)
        redial.happened(.connected, now: 24)
        #expect(redial.answered(by: ["e"], now: 25) == .nothing && redial.isConnected)
    }

    @Test func whatIsKnownIsTriedWhileNobodyAnswersForTheName() {
        var redial = Redial("tcp://targets:1", isName: true, turn: 0)
        #expect(redial.start() == .ask && redial.answered(by: ["a", "b"], now: 0) == .open("a"))
        redial.opened(now: 0)
        redial.happened(.connected, now: 1)
        redial.happened(.disconnected(descriptor: 5), now: 10)
        #expect(redial.dueAt == 12 && redial.due(at: 12) == .ask)
        for (now, next) in [(14.0, "b"), (16.0, "a"), (18.0, "b"), (24.0, "a")] {
            #expect(redial.dueAt == now && redial.due(at: now) == .open(next))
            redial.opened(now: now)
        }
        #expect(redial.answered(by: ["c"], now: 25) == .open("c"))
        redial.opened(now: 25)
        #expect(redial.due(at: redial.dueAt) == .ask, "it is asked for again once it was answered")
    }

    @Test func aNameThatDoesNotResolveIsAskedForAgain() {
        var redial = Redial("tcp://targets:1", isName: true)
        #expect(redial.start() == .ask)
        for now in [0, Redial.failureInterval, 2 * Redial.failureInterval] {
            #expect(redial.answered(by: [], now: now) == .unresolved && !redial.isUnresolved)
            #expect(redial.due(at: now + Redial.failureInterval) == .ask && redial.isUnresolved)
        }
        #expect(redial.answered(by: ["a"], now: 5) == .open("a"))
    }

    @Test func whoseKeyIsNotListedIsLookedForAgainSoon() {
        var redial = Redial("tcp://10.0.0.7:1", isName: false)
        _ = redial.start()
        redial.opened(now: 0)
        redial.happened(.connected, now: 1)
        redial.failed(now: 2)
        #expect(!redial.isConnected && redial.dueAt == 2 + Redial.failureInterval)
        #expect(redial.due(at: redial.dueAt) == .open("tcp://10.0.0.7:1"))
    }
}
