import ForetokenWire
import Speculation
import TestSupport
import Testing

@testable import Foretoken

/// The client's decisions, without clock and links.
@Suite(.oneAtATime) struct ClientStateTests {
    private static let address = "tcp://127.0.0.1:7000"
    private let request = Request(prompt: "a", maxTokens: 8)

    private func started() -> ClientState {
        var state = ClientState(address: Self.address, peer: Peer(role: .client, name: "client"))
        _ = state.start(now: 0)
        return state
    }

    private func welcome(_ role: Role = .coordinator, name: String = "one", version: UInt32 = protocolVersion)
        -> Envelope
    {
        Envelope(.welcome(Welcome(protocolVersion: version, peer: Peer(role: role, name: name))))
    }

    private func pieces(_ tokens: [Token]) -> [Piece] {
        tokens.map { Piece(token: $0, text: "\($0)", origin: .plain) }
    }

    private func committed(_ index: Int, _ tokens: [Token], call: UInt64, finish: FinishReason? = nil) -> Envelope {
        Envelope(call: call, .committed(Committed(index: index, pieces: self.pieces(tokens), finish: finish)))
    }

    private func requests(in actions: [ClientState.Action]) -> [Request] {
        actions.compactMap {
            guard case .send(let envelope) = $0, case .generate(let generate) = envelope.body else { return nil }
            return generate.request
        }
    }

    @Test func callsWaitForTheCoordinator() {
        var state = self.started()
        let (id, actions) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        #expect(actions.isEmpty)
        let sent = state.receive(self.welcome(), now: 1)
        #expect(sent.contains(.connected))
        #expect(self.requests(in: sent) == [self.request])
        let more = state.receive(self.committed(0, [1, 2], call: id), now: 2)
        guard case .tokens(let pieces, id, let statistics) = more.first else { return #expect(Bool(false)) }
        #expect(pieces == self.pieces([1, 2]))
        #expect(statistics.timeToFirstToken == 2)
    }

    @Test func callThatCouldNotBeSentIsSentAgain() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, sent) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        guard case .send(let envelope) = sent.first else { return #expect(Bool(false)) }
        state.unsent(envelope, now: 0)
        #expect(state.nextTick <= CallState.retryInterval)
        #expect(self.requests(in: state.tick(now: CallState.retryInterval)) == [self.request])
        let more = state.receive(self.committed(0, [1], call: id), now: 0.2)
        guard case .tokens(_, id, let statistics) = more.first else { return #expect(Bool(false)) }
        #expect(statistics.resumptions == 0)
    }

    @Test func resumesBehindTheTokensItHas() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, _) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        _ = state.receive(self.committed(0, [1, 2, 3], call: id), now: 1)
        // Another process at the same address: the former one is gone.
        let actions = state.receive(self.welcome(name: "two"), now: 2)
        #expect(self.requests(in: actions).map(\.committed) == [[1, 2, 3]])
        // What comes again is left out.
        let more = state.receive(self.committed(2, [3, 4], call: id, finish: .length), now: 3)
        guard case .finished(let pieces, .length, id, let statistics) = more.first else { return #expect(Bool(false)) }
        #expect(pieces == self.pieces([4]))
        #expect(statistics.generatedTokens == 4)
        #expect(statistics.resumptions == 1)
    }

    @Test func countsAllPartsOfATextThatWasResumed() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, _) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        let origins: [Origin] = [.plain, .accepted, .accepted, .recovered]
        let first = origins.enumerated().map { Piece(token: Token($0.offset), text: "a", origin: $0.element) }
        _ = state.receive(Envelope(call: id, .committed(Committed(index: 0, pieces: first))), now: 1)
        _ = state.receive(self.welcome(name: "two"), now: 2)
        var counters = Statistics()
        (counters.promptTokens, counters.generatedTokens, counters.targetPasses) = (5, 3, 2)
        (counters.draftTokens, counters.acceptedTokens, counters.rounds, counters.judgedTokens) = (4, 1, 1, 2)
        (counters.timedPasses, counters.passMicroseconds, counters.resumptions) = (1, 2_000_000, 1)
        let last = Committed(index: 4, pieces: self.pieces([7, 8, 9]), finish: .length, statistics: counters)
        let more = state.receive(Envelope(call: id, .committed(last)), now: 3)
        guard case .finished(_, .length, id, let statistics) = more.first else { return #expect(Bool(false)) }
        #expect(statistics.generatedTokens == 7 && statistics.targetPasses == 4 && statistics.promptTokens == 5)
        #expect(statistics.acceptedTokens == 3 && statistics.draftTokens == 7 && statistics.judgedTokens == 5)
        #expect(statistics.acceptanceLength == 7.0 / 4 && statistics.meanPassSeconds == 2)
        #expect(statistics.resumptions == 2, "one of the client, one of the coordinator")
    }

    @Test func asksAgainWhereATokenIsMissing() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, _) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        _ = state.receive(self.committed(0, [1], call: id), now: 1)
        let actions = state.receive(self.committed(2, [3], call: id), now: 1)
        #expect(self.requests(in: actions).map(\.committed) == [[1]])
    }

    @Test func asksAgainWhereNothingComesAnyMore() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, _) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        _ = state.receive(self.committed(0, [1], call: id), now: 1)
        var now = 1.0
        var asked: [Double] = []
        while now < 60 {
            now += 0.25
            _ = state.receive(Envelope(.pong(Pong(sentMicroseconds: 0))), now: now)
            if !self.requests(in: state.tick(now: now)).isEmpty { asked.append(now) }
        }
        #expect(asked == [11, 31])
    }

    @Test func givesUpAfterHalfAMinuteWithoutTheCoordinator() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, _) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        var failure: (Double, ForetokenError)?
        var now = 0.0
        while now < 60 {
            now += 0.05
            for action in state.tick(now: now) {
                if case .failed(let error, id) = action { failure = (now, error) }
            }
        }
        #expect(failure?.1.code == .unavailable)
        #expect((30.8...32).contains(failure?.0 ?? 0))
    }

    @Test func endsACallAtItsDeadline() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, actions) = state.begin(.generate(self.request), deadline: 2, now: 0)
        guard case .send(let envelope) = actions.first else { return #expect(Bool(false)) }
        #expect(envelope.timeoutMilliseconds == 2000)
        #expect(state.tick(now: 2.1).allSatisfy { if case .failed = $0 { false } else { true } })
        let late = state.tick(now: 2.6)
        #expect(late.contains(.failed(.deadlineExceeded, call: id)))
        #expect(late.contains(.send(Envelope(call: id, .cancel))))
    }

    @Test func tellsThatADescriptionDoesNotCome() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, _) = state.begin(.describe, deadline: 5, now: 0)
        #expect(state.tick(now: 5.6).contains(.failed(.unanswered, call: id)))
    }

    @Test(arguments: [Role.target, .draft, .client])
    func refusesWhoIsNoCoordinator(_ role: Role) {
        var state = self.started()
        let actions = state.receive(self.welcome(role), now: 0)
        let errors = actions.compactMap { if case .refused(let error) = $0 { error } else { nil } }
        #expect(errors.map(\.code) == [.failedPrecondition])
        #expect(errors.first?.message.contains(role.rawValue) == true)
    }

    @Test func refusesAnotherVersion() {
        var state = self.started()
        let actions = state.receive(self.welcome(version: 99), now: 0)
        guard case .refused(let error) = actions.last else { return #expect(Bool(false)) }
        #expect(error.code == .failedPrecondition)
        #expect(error.message.contains("99"))
    }

    @Test func cancelReachesTheCoordinatorOnce() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, _) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        #expect(state.cancel(id) == [.send(Envelope(call: id, .cancel))])
        #expect(state.cancel(id).isEmpty)
        #expect(state.receive(self.committed(0, [1], call: id), now: 1).isEmpty)
    }
}
