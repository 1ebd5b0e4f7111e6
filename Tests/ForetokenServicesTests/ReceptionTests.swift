import ForetokenLinks
import ForetokenWire
import Speculation
import Testing

@testable import ForetokenServices

/// Who is let in, and what those hear whose messages cannot be read.
@Suite struct ReceptionTests {
    private static let client = PeerID([1])

    /// What is answered to a message that cannot be read.
    private func answer(_ error: WireError, call: UInt64, greets: Bool = true) -> Envelope? {
        var reception = Reception(peer: Peer(role: .coordinator, name: "coordinator"))
        if greets {
            let hello = Envelope(.hello(Hello(peer: Peer(role: .client, name: "client"))))
            _ = reception.receive(.message(hello, from: Self.client, bytes: 1), status: Pong(), now: 0)
        }
        let arrival = reception.receive(.malformed(error, from: Self.client, call: call), status: Pong(), now: 0)
        guard case .reply(let envelope, Self.client) = arrival else { return nil }
        return envelope
    }

    @Test func aCallThatCannotBeReadEndsWithWhatWouldBeValid() throws {
        let reason = LookaheadRuleError.unknown("clever:3").description
        let answer = try #require(
            self.answer(.unreadable("generate.request.lookahead", reason: reason), call: 7))
        guard case .status(let status) = answer.body else { return }
        #expect(answer.call == 7 && status.code == .invalidArgument)
        #expect(status.message.contains("known are off, fixed:N") && status.message.contains("request.lookahead"))

        let other = try #require(self.answer(.invalid("generate.request.sampling"), call: 8))
        #expect(other.call == 8)
        #expect(other.body == .status(Status(.invalidArgument, "field generate.request.sampling is out of range")))
    }

    @Test func strangersWhoseMessagesCannotBeReadHearNothing() {
        #expect(self.answer(.malformed, call: 7, greets: false) == nil)
    }

    private func arrival(_ body: Envelope.Body, at reception: inout Reception, _ now: Double) -> Reception.Arrival {
        reception.receive(.message(Envelope(body), from: Self.client, bytes: 1), status: Pong(), now: now)
    }

    /// It does not hear what it is sent, or it would not greet again; so nothing of it goes on here.
    @Test func whoGreetsAgainAfterItHasSpokenIsLostAndThenWelcome() {
        var reception = Reception(peer: Peer(role: .target, name: "target"))
        let hello = Envelope.Body.hello(Hello(peer: Peer(role: .draft, name: "draft")))
        for _ in 0..<2 {
            guard case .reply = self.arrival(hello, at: &reception, 0) else { return #expect(Bool(false)) }
        }
        _ = self.arrival(.ping(Ping(sentMicroseconds: 0)), at: &reception, 0.1)
        guard case .renewed(Self.client) = self.arrival(hello, at: &reception, 1) else { return #expect(Bool(false)) }
        reception.remove(Self.client)
        guard case .reply(let envelope, _) = self.arrival(hello, at: &reception, 1), case .welcome = envelope.body
        else { return #expect(Bool(false)) }
    }

    @Test func theEndOfAConnectionConcernsThoseThatHaveGreeted() {
        var reception = Reception(peer: Peer(role: .target, name: "target"))
        guard case .nothing = reception.receive(.disconnected(Self.client), status: Pong(), now: 0) else {
            return #expect(Bool(false))
        }
        _ = self.arrival(.hello(Hello(peer: Peer(role: .draft, name: "draft"))), at: &reception, 0)
        guard case .lost(Self.client) = reception.receive(.disconnected(Self.client), status: Pong(), now: 0) else {
            return #expect(Bool(false))
        }
    }

    /// A service that was frozen for a while has heard nothing, which is no silence of the others.
    @Test func aSleepOfTheServiceLosesNobodyAndHidesNoLoss() {
        var reception = Reception(peer: Peer(role: .target, name: "target"))
        _ = self.arrival(.hello(Hello(peer: Peer(role: .draft, name: "draft"))), at: &reception, 0)
        var now = 0.0
        while now < 0.5 {
            #expect(reception.silent(now: now, nextLook: now + 0.03) == [])
            now += 0.03
        }
        now += 20
        #expect(reception.silent(now: now, nextLook: now + 0.03) == [])
        let woken = now
        while reception.silent(now: now, nextLook: now + 0.03) == [] { now += 0.03 }
        #expect(now - woken < 0.5)
    }

    /// Drafts price rows by what a target tells of its passes; nobody but a coordinator hears how drafts fare.
    @Test(arguments: [
        (Role.client, false, false), (.coordinator, true, true), (.target, false, false), (.draft, true, false),
    ])
    func aHeartbeatTellsEachRoleWhatItNeeds(role: Role, hearsTarget: Bool, hearsDrafts: Bool) throws {
        // Whoever greets a target or a coordinator.
        let service: Role = role == .coordinator || role == .draft ? .target : .coordinator
        var reception = Reception(peer: Peer(role: service, name: "service"))
        let hello = Envelope(.hello(Hello(peer: Peer(role: role, name: "peer"))))
        _ = reception.receive(.message(hello, from: Self.client, bytes: 1), status: Pong(), now: 0)
        let status = Pong(
            load: Load(slots: 2), target: TargetReport(tokensPerSecond: 1, rows: 1, passTime: []),
            drafts: [DraftReport(target: "t", draftToken: 1)])
        let ping = Envelope(.ping(Ping(sentMicroseconds: 5)))
        let arrival = reception.receive(.message(ping, from: Self.client, bytes: 1), status: status, now: 0)
        guard case .reply(let envelope, Self.client) = arrival, case .pong(let pong) = envelope.body else {
            Issue.record("no answer")
            return
        }
        #expect(pong.load.slots == 2 && pong.sentMicroseconds == 5)
        #expect((pong.target != nil) == hearsTarget && pong.drafts.isEmpty == !hearsDrafts)
    }
}
