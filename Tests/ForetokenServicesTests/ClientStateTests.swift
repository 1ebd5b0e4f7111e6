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
        var state = ClientState(addresses: [Self.address], peer: Peer(role: .client, name: "client"))
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
            guard case .send(let envelope, _) = $0, case .generate(let generate) = envelope.body else { return nil }
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
        guard case .send(let envelope, _) = sent.first else { return #expect(Bool(false)) }
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

    /// So that no coordinator goes on with another model; what has no token yet may begin anywhere.
    @Test func tellsWhoHasWrittenTheTokensItHas() {
        var state = self.started()
        _ = state.receive(self.welcome(), now: 0)
        let (id, _) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        func told(_ index: Int, _ tokens: [Token], _ weights: UInt64) -> Envelope {
            Envelope(
                call: id,
                .committed(Committed(index: index, pieces: self.pieces(tokens), weightsFingerprint: weights)))
        }
        _ = state.receive(told(0, [], 7), now: 1)
        #expect(self.requests(in: state.receive(self.welcome(name: "two"), now: 1)) == [self.request])
        _ = state.receive(told(0, [1], 7), now: 2)
        _ = state.receive(told(1, [2], 0), now: 2)
        let again = self.requests(in: state.receive(self.welcome(name: "three"), now: 3))
        #expect(again.map(\.weightsFingerprint) == [7] && again.map(\.committed) == [[1, 2]])
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
        guard case .send(let envelope, _) = actions.first else { return #expect(Bool(false)) }
        #expect(envelope.timeoutMilliseconds == 2000)
        #expect(state.tick(now: 2.1).allSatisfy { if case .failed = $0 { false } else { true } })
        let late = state.tick(now: 2.6)
        #expect(late.contains(.failed(.deadlineExceeded, call: id)))
        #expect(late.contains(.send(Envelope(call: id, .cancel), to: 0)))
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
        #expect(state.cancel(id) == [.send(Envelope(call: id, .cancel), to: 0)])
        #expect(state.cancel(id).isEmpty)
        #expect(state.receive(self.committed(0, [1], call: id), now: 1).isEmpty)
    }

    // MARK: Several coordinators

    private func state(of count: Int) -> ClientState {
        var state = ClientState(
            addresses: (0..<count).map { "tcp://\($0):7000" }, peer: Peer(role: .client, name: "client"))
        _ = state.start(now: 0)
        return state
    }

    /// Which coordinators are asked for texts, and behind how many tokens.
    private func asked(in actions: [ClientState.Action]) -> [[Int]] {
        actions.compactMap {
            guard case .send(let envelope, let line) = $0, case .generate(let generate) = envelope.body else {
                return nil
            }
            return [line, generate.request.committed.count]
        }
    }

    /// The connection ends, it says that it shuts down, it is silent: each time the next one goes on at once.
    @Test(arguments: ["end", "farewell", "silence"])
    func theNextCoordinatorGoesOnWhereOneStopped(loss: String) {
        var state = self.state(of: 3)
        for line in [1, 0, 2] { _ = state.receive(self.welcome(name: "\(line)"), from: line, now: 0) }
        let (id, actions) = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        #expect(self.asked(in: actions) == [[1, 0]], "the first that answered")
        _ = state.receive(self.committed(0, [1, 2], call: id), from: 1, now: 0.1)
        let (other, _) = state.begin(.generate(self.request), deadline: .infinity, now: 0.1)
        var moved: [ClientState.Action] = []
        var now = 0.2
        switch loss {
        case "end": moved = state.disconnected(1, now: now)
        case "farewell":
            moved = state.receive(Envelope(call: id, .status(Status(.aborted))), from: 1, now: now)
            #expect(state.receive(Envelope(call: other, .status(Status(.aborted))), from: 1, now: now).isEmpty)
        default:
            while self.asked(in: moved).isEmpty, now < 2 {
                now += 0.01
                for line in [0, 2] { _ = state.receive(Envelope(.pong(Pong())), from: line, now: now) }
                moved = state.tick(now: now)
            }
            #expect(now < 1)
        }
        #expect(self.asked(in: moved) == [[2, 2], [2, 0]])
        // What the former one still says is no part of it.
        #expect(state.receive(self.committed(2, [9], call: id), from: 1, now: now).isEmpty)
        let more = state.receive(self.committed(2, [3], call: id, finish: .length), from: 2, now: now)
        guard case .finished(let pieces, .length, id, let statistics) = more.first else { return #expect(Bool(false)) }
        #expect(pieces == self.pieces([3]) && statistics.resumptions == 1)
        // One that is back waits for its turn.
        _ = state.connected(1, now: now)
        #expect(self.asked(in: state.receive(self.welcome(name: "new"), from: 1, now: now)).isEmpty)
        #expect(self.asked(in: state.disconnected(2, now: now)) == [[0, 0]])
        #expect(self.asked(in: state.disconnected(0, now: now)) == [[1, 0]])
    }

    private func cancels(in actions: [ClientState.Action]) -> [[Int]] {
        actions.compactMap {
            guard case .send(let envelope, let line) = $0, envelope.body == .cancel else { return nil }
            return [line, Int(envelope.call)]
        }
    }

    /// A coordinator that was frozen, or cut off, would write its texts to their end when it is back.
    @Test func theFormerCoordinatorIsToldThatItsCallsAreOver() {
        var state = self.state(of: 2)
        for line in [0, 1] { _ = state.receive(self.welcome(name: "\(line)"), from: line, now: 0) }
        let ids = (0..<3).map { _ in Int(state.begin(.generate(self.request), deadline: .infinity, now: 0).0) }
        let done = self.committed(0, [1], call: UInt64(ids[0]), finish: .length)
        _ = state.receive(done, from: 0, now: 0)
        var (moved, now) = ([ClientState.Action](), 0.2)
        while self.asked(in: moved).isEmpty, now < 2 {
            now += 0.01
            _ = state.receive(Envelope(.pong(Pong())), from: 1, now: now)
            moved = state.tick(now: now)
        }
        #expect(self.asked(in: moved) == [[1, 0], [1, 0]])
        #expect(self.cancels(in: moved) == [[0, ids[1]], [0, ids[2]]])
        // One that ends meanwhile ends at both.
        #expect(self.cancels(in: state.cancel(UInt64(ids[1]))) == [[0, ids[1]], [1, ids[1]]])
        // The first word may not have come through; the second does, and is the last.
        let back = state.receive(self.welcome(name: "0"), from: 0, now: now)
        #expect(self.cancels(in: back) == [[0, ids[1]], [0, ids[2]]] && self.asked(in: back).isEmpty)
        let again = state.disconnected(1, now: now)
        #expect(self.asked(in: again) == [[0, 0]] && self.cancels(in: again) == [[1, ids[2]]])
    }

    /// The only one there is goes on with what still is wanted.
    @Test func aCoordinatorThatIsBackIsToldWhatEndedMeanwhile() {
        var state = self.state(of: 1)
        _ = state.receive(self.welcome(name: "0"), from: 0, now: 0)
        let ids = (0..<2).map { _ in Int(state.begin(.generate(self.request), deadline: .infinity, now: 0).0) }
        #expect(self.cancels(in: state.disconnected(0, now: 1)).isEmpty)
        #expect(self.cancels(in: state.cancel(UInt64(ids[0]))) == [[0, ids[0]]])
        let back = state.receive(self.welcome(name: "0"), from: 0, now: 2)
        #expect(self.cancels(in: back) == [[0, ids[0]]] && self.asked(in: back) == [[0, 0]])
    }

    @Test func callsWaitForWhicheverCoordinatorComesFirst() {
        var state = self.state(of: 2)
        _ = state.receive(self.welcome(name: "0"), from: 0, now: 0)
        _ = state.begin(.generate(self.request), deadline: .infinity, now: 0)
        #expect(self.asked(in: state.disconnected(0, now: 1)).isEmpty && !state.isUp)
        #expect(self.asked(in: state.receive(self.welcome(name: "1"), from: 1, now: 2)) == [[1, 0]])
    }

    @Test func oneThatRefusesLeavesTheOthers() {
        var state = self.state(of: 2)
        let actions = state.receive(self.welcome(.draft), from: 0, now: 0)
        #expect(!actions.contains { if case .refused = $0 { true } else { false } })
        #expect(state.unreachable.code == .failedPrecondition)
        #expect(state.receive(self.welcome(name: "1"), from: 1, now: 0).contains(.connected))
        _ = state.disconnected(1, now: 1)
        let last = state.receive(self.welcome(.target), from: 1, now: 1)
        #expect(last.contains { if case .refused = $0 { true } else { false } })
    }

    @Test func whyThereIsNoWayToACoordinatorIsTold() {
        var state = self.state(of: 2)
        state.unreachable(1, "nosuch.example does not resolve")
        #expect(state.unreachable.code == .unavailable)
        #expect(state.unreachable.message.hasSuffix(", because nosuch.example does not resolve"))
        #expect(state.unreachable.wayOut.contains("is the name right"))
        state.unreachable(1, nil)
        #expect(!state.unreachable.description.contains("resolve"))
    }

    /// Whatever is lost, and wherever a text goes on: each token is counted once, in the part that it came in.
    @Test(arguments: 0..<50) func figuresAreOfOneMeasureHoweverOftenATextMoves(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var state = self.state(of: 2)
        for line in 0..<2 { _ = state.receive(self.welcome(name: "\(line)"), from: line, now: 0) }
        let (id, first) = state.begin(
            .generate(Request(prompt: "a", maxTokens: 1000)), deadline: .infinity, now: 0)
        var line = self.asked(in: first)[0][0]
        var (count, moves, passes, own) = (0, 0, 0, Statistics())
        var result: GenerationStatistics?
        while result == nil {
            // A pass of up to three accepted tokens, and one of the target's.
            let origins = Array(repeating: Origin.accepted, count: Int(random.next() % 4)) + [.recovered]
            let pieces = origins.map { Piece(token: 1, text: "a", origin: $0) }
            passes += 1
            own.count(origins)
            let isLast = random.next() % 12 == 0
            var told = own
            told.promptTokens = 7
            let committed = Committed(
                index: count, pieces: pieces, finish: isLast ? .length : nil, statistics: isLast ? told : nil)
            count += origins.count
            for action in state.receive(Envelope(call: id, .committed(committed)), from: line, now: 1) {
                if case .finished(_, _, _, let statistics) = action { result = statistics }
            }
            guard result == nil, random.next() % 3 == 0 else { continue }
            let moved =
                random.next() % 2 == 0
                ? state.disconnected(line, now: 1)
                : state.receive(Envelope(call: id, .status(Status(.aborted))), from: line, now: 1)
            #expect(self.asked(in: moved) == [[1 - line, count]])
            _ = state.disconnected(line, now: 1)
            _ = state.receive(self.welcome(name: "new \(moves)"), from: line, now: 1)
            (line, moves, own) = (1 - line, moves + 1, Statistics())
        }
        #expect(result?.generatedTokens == count && result?.targetPasses == passes && result?.resumptions == moves)
        #expect(result?.acceptedTokens == count - passes && result?.judgedTokens == count)
        #expect(result?.acceptanceLength == Double(count) / Double(passes))
    }
}
