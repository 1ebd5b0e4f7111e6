import ForetokenLinks
import ForetokenWire
import TestSupport
import Testing

@Suite(.oneAtATime) struct ConnectionStateTests {
    private static let peer = Peer(role: .target, name: "target-1")
    private static let welcome = Envelope(.welcome(Welcome(peer: Self.peer)))
    private static let unknown = Envelope(.status(Status(.unauthenticated, "say Hello first")))

    /// A connection that came up at 10.
    private static func up(heartbeat: Double = 1) -> ConnectionState {
        var state = ConnectionState(heartbeat: heartbeat)
        _ = state.start(now: 10)
        _ = state.received(Self.welcome, now: 10)
        return state
    }

    private static func ping(_ seconds: Double) -> ConnectionState.Action {
        .sendPing(Ping(sentMicroseconds: UInt64(seconds * 1e6)))
    }

    @Test func greetsUntilItIsWelcome() {
        var state = ConnectionState(heartbeat: 1)
        #expect(state.start(now: 10) == [.sendHello])
        #expect(state.tick(now: 10.2) == [])
        var greetings: [Double] = []
        while state.nextTick < 20 {
            let now = state.nextTick
            #expect(state.tick(now: now) == [.sendHello])
            greetings.append(now)
        }
        #expect(greetings == [10.25, 10.75, 11.75, 13.75, 15.75, 17.75, 19.75])
        #expect(state.received(Self.welcome, now: 20) == [.becameUp(Self.peer), Self.ping(20)])
        #expect(state.peer == Self.peer)
    }

    @Test func pingsEveryHalfHeartbeat() {
        var state = Self.up()
        #expect(state.nextTick == 10.5)
        #expect(state.tick(now: 10.5) == [Self.ping(10.5)])
        #expect(state.received(Envelope(.pong(Pong(sentMicroseconds: 10_500_000))), now: 10.6) == [])
        #expect(state.tick(now: 10.9) == [])
        #expect(state.tick(now: 11) == [Self.ping(11)])
    }

    /// Rounding must not name the same instant again and again.
    @Test(arguments: [0.01, 0.05, 0.1, 0.3, 0.5, 1, 60])
    func everyLookAtTheClockMovesTheNext(heartbeat: Double) {
        var state = ConnectionState(heartbeat: heartbeat)
        _ = state.start(now: 1000)
        for step in 0..<2000 {
            if step % 7 == 0 { _ = state.received(Self.welcome, now: state.nextTick - 0.013) }
            let now = state.nextTick
            _ = state.tick(now: now)
            #expect(state.nextTick > now, "at \(now), step \(step)")
        }
    }

    @Test func silenceIsLossAndIsGreetedAgain() {
        var state = Self.up()
        var actions: [ConnectionState.Action] = []
        while case .up = state.phase { actions = state.tick(now: state.nextTick) }
        #expect(state.nextTick == 11.75 + 0.25)
        #expect(actions == [.becameLost(reason: "silent for 1750 ms"), .sendHello])
        #expect(state.phase == .lost(reason: "silent for 1750 ms"))
        #expect(state.received(Self.welcome, now: 12) == [.becameUp(Self.peer), Self.ping(12)])
    }

    @Test func anyMessageIsLife() {
        var state = Self.up()
        for second in 11..<30 {
            while state.nextTick < Double(second) { #expect(state.tick(now: state.nextTick).count == 1) }
            _ = state.received(Envelope(call: 7, .status(.ok)), now: Double(second))
        }
        #expect(state.peer == Self.peer)
    }

    @Test func aPauseOfItsOwnIsNoProofOfSilence() {
        var state = Self.up()
        #expect(state.tick(now: 60) == [Self.ping(60)])
        #expect(state.peer != nil)
        var now = 60.0
        while case .up = state.phase {
            now = state.nextTick
            _ = state.tick(now: now)
        }
        #expect(now < 60 + 1.75)
    }

    /// Of the end of a process its connection tells, of a new one too; no heartbeat is waited for.
    @Test func aConnectionThatEndsIsALossAndANewOneIsGreetedAtOnce() {
        var state = Self.up(heartbeat: 60)
        #expect(state.disconnected(now: 10.1) == [.becameLost(reason: "the connection ended")])
        #expect(state.phase == .lost(reason: "the connection ended"))
        #expect(state.disconnected(now: 10.15) == [])
        #expect(state.connected(now: 10.2) == [.sendHello])
        #expect(state.received(Self.welcome, now: 10.21) == [.becameUp(Self.peer), Self.ping(10.21)])
        // Over another connection the peer does not know this side.
        #expect(state.connected(now: 10.3) == [.becameLost(reason: "the connection was made anew"), .sendHello])
    }

    @Test func aNewConnectionShortensTheWaitAfterManyGreetingsAndARefusal() {
        var state = ConnectionState(heartbeat: 1)
        _ = state.start(now: 0)
        for _ in 0..<5 { _ = state.tick(now: state.nextTick) }
        #expect(state.connected(now: 20) == [.sendHello])
        #expect(state.nextTick == 20.25)
        _ = state.received(Envelope(.status(Status(.failedPrecondition, "another version"))), now: 20.1)
        #expect(state.disconnected(now: 21) == [])
        #expect(state.connected(now: 22) == [.sendHello])
    }

    @Test func whatWasHeardInASleepIsNoExcuseForLater() {
        var state = Self.up(heartbeat: 0.5)
        _ = state.received(Self.welcome, now: 20)
        #expect(state.tick(now: 20.001) == [Self.ping(20.001)])
        var now = 20.0
        while case .up = state.phase {
            now = state.nextTick
            _ = state.tick(now: now)
        }
        #expect(now > 20.87 && now < 20.88)
    }

    @Test func rareTicksNoticeSilenceToo() {
        var state = Self.up(heartbeat: 0.5)
        var now = 10.0
        while case .up = state.phase {
            now += 1
            _ = state.tick(now: now)
        }
        #expect(now <= 13)
    }

    @Test func aPeerThatForgotIsGreetedAgain() {
        var state = Self.up()
        let reason = "the peer does not know this side any more"
        #expect(state.received(Self.unknown, now: 10.1) == [.becameLost(reason: reason), .sendHello])
        #expect(state.loss == .forgotten)
        #expect(state.received(Self.unknown, now: 10.1) == [])
        #expect(state.received(Self.welcome, now: 10.2) == [.becameUp(Self.peer), Self.ping(10.2)])
        // The end of a call is no matter of the connection.
        let ended = Envelope(call: 3, .status(Status(.unauthenticated)))
        #expect(state.received(ended, now: 10.3) == [])
        #expect(state.peer == Self.peer)
    }

    @Test func aRefusalIsToldOnceAndRetriedSlowly() {
        let status = Status(.failedPrecondition, "the vocabularies differ")
        let refusal = Envelope(.status(status))
        var state = ConnectionState(heartbeat: 1)
        _ = state.start(now: 0)
        #expect(state.received(refusal, now: 0.1) == [.refused(status)])
        #expect(state.phase == .refused(status))
        #expect(state.tick(now: 4) == [])
        #expect(state.tick(now: 5.1) == [.sendHello])
        #expect(state.received(refusal, now: 5.2) == [])
        #expect(state.tick(now: 10) == [])
        #expect(state.tick(now: 10.2) == [.sendHello])
        #expect(state.received(Self.welcome, now: 10.3) == [.becameUp(Self.peer), Self.ping(10.3)])
    }

    @Test func anotherVersionIsRefused() {
        var state = ConnectionState(heartbeat: 1)
        _ = state.start(now: 0)
        let actions = state.received(Envelope(.welcome(Welcome(protocolVersion: 9, peer: Self.peer))), now: 0)
        let words =
            "the peer speaks version 9 of the protocol, not \(protocolVersion); run the same release of foretoken on both sides"
        #expect(actions == [.refused(Status(.failedPrecondition, words))])
    }

    @Test func aSecondWelcomeIsHarmlessAndAnotherPeerIsALoss() {
        var state = Self.up()
        #expect(state.received(Self.welcome, now: 10.1) == [])
        let other = Peer(role: .target, name: "target-2")
        #expect(
            state.received(Envelope(.welcome(Welcome(peer: other))), now: 10.2)
                == [.becameLost(reason: "restarted as another process"), .becameUp(other), Self.ping(10.2)])
    }

    @Test func roundTripsAreSmoothedAndNonsenseIsIgnored() throws {
        var state = Self.up()
        #expect(state.roundTrip == nil)
        _ = state.received(Envelope(.pong(Pong(sentMicroseconds: 10_000_000))), now: 10.08)
        #expect(abs(try #require(state.roundTrip) - 0.08) < 1e-9)
        _ = state.received(Envelope(.pong(Pong(sentMicroseconds: 10_500_000))), now: 10.5)
        #expect(abs(try #require(state.roundTrip) - 0.07) < 1e-9)
        for nonsense in [0, 10_400_000, UInt64.max] {
            _ = state.received(Envelope(.pong(Pong(sentMicroseconds: nonsense))), now: 10.5 + 60)
        }
        _ = state.received(Envelope(.pong(Pong(sentMicroseconds: UInt64.max))), now: 10.5)
        #expect(abs(try #require(state.roundTrip) - 0.07) < 1e-9)
    }
}
