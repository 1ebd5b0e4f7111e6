internal import ForetokenLinks
internal import ForetokenWire
internal import Speculation

/// Decides for a client: keeps the coordinator reached, and the calls going. A value without clock and links.
struct ClientState {
    let address: String
    private let hello: Hello
    private var connection: ConnectionState
    private var calls: [UInt64: CallState] = [:]
    private var nextCall: UInt64 = 0
    /// Since when nobody answers; `nil` while the coordinator does.
    private var lostSince: Double?
    private var standing = Standing.unknown

    /// Seconds that calls outlive the loss of their coordinator.
    static let patience = 30.0
    /// Seconds that a description may take.
    static let describing = 5.0

    enum Standing: Equatable {
        case unknown
        case up
        /// Somebody answered who will never serve this client.
        case refused(ForetokenError)
    }

    enum Action: Equatable {
        case send(Envelope)
        case connected
        case refused(ForetokenError)
        case lost(String)
        case tokens([Piece], call: UInt64, GenerationStatistics)
        case finished([Piece], FinishReason, call: UInt64, GenerationStatistics)
        case described(Description, call: UInt64)
        case failed(ForetokenError, call: UInt64)
    }

    init(address: String, peer: Peer) {
        self.address = address
        self.hello = Hello(peer: peer)
        self.connection = ConnectionState(heartbeat: Double(peer.heartbeatMilliseconds) / 1000)
    }

    var isUp: Bool { self.standing == .up }
    var roundTrip: Double? { self.connection.roundTrip }

    /// When `tick` shall be called next.
    var nextTick: Double {
        let calls = self.calls.values.lazy.map(\.nextTick).min() ?? .infinity
        let lost = self.lostSince.map { self.calls.isEmpty ? .infinity : $0 + Self.patience } ?? .infinity
        return min(self.connection.nextTick, calls, lost)
    }

    mutating func start(now: Double) -> [Action] {
        self.lostSince = now
        return self.carryOut(self.connection.start(now: now), now: now)
    }

    // MARK: Calls

    /// Begins a call; it is sent as soon as the coordinator is up.
    mutating func begin(_ question: CallState.Question, deadline: Double, now: Double) -> (UInt64, [Action]) {
        self.nextCall += 1
        let id = self.nextCall
        var call = CallState(question, id: id, deadline: deadline, now: now)
        let actions = self.isUp ? [Action.send(call.ask(now: now))] : []
        self.calls[id] = call
        return (id, actions)
    }

    /// Records that a message could not be sent.
    mutating func unsent(_ envelope: Envelope, now: Double) {
        switch envelope.body {
        case .generate, .describe: self.calls[envelope.call]?.unsent(now: now)
        default: break
        }
    }

    mutating func cancel(_ id: UInt64) -> [Action] {
        guard self.calls.removeValue(forKey: id) != nil, self.isUp else { return [] }
        return [.send(Envelope(call: id, .cancel))]
    }

    /// Ends all calls.
    mutating func failAll(_ error: ForetokenError) -> [Action] {
        let ids = self.calls.keys.sorted()
        return ids.flatMap { id in [.failed(error, call: id)] + self.cancel(id) }
    }

    // MARK: Events

    /// There is a connection.
    mutating func connected(now: Double) -> [Action] {
        self.carryOut(self.connection.connected(now: now), now: now)
    }

    /// There is no connection any more, or still none.
    mutating func disconnected(now: Double) -> [Action] {
        self.carryOut(self.connection.disconnected(now: now), now: now)
    }

    mutating func receive(_ envelope: Envelope, now: Double) -> [Action] {
        var actions = self.carryOut(self.connection.received(envelope, now: now), now: now)
        guard self.isUp, envelope.call != 0, let outcome = self.calls[envelope.call]?.receive(envelope.body, now: now)
        else { return actions }
        actions += self.settle(outcome, of: envelope.call, now: now)
        return actions
    }

    mutating func tick(now: Double) -> [Action] {
        var actions = self.carryOut(self.connection.tick(now: now), now: now)
        for id in self.calls.keys.sorted() {
            guard let outcome = self.calls[id]?.tick(now: now) else { continue }
            actions += self.settle(outcome, of: id, now: now)
        }
        if let lostSince, now - lostSince >= Self.patience {
            actions += self.failAll(
                ForetokenError(
                    .unavailable, "\(self.address) has not answered for \(Int(Self.patience)) s",
                    wayOut: "is the coordinator still running there?"))
        }
        return actions
    }

    private mutating func settle(_ outcome: CallState.Outcome, of id: UInt64, now: Double) -> [Action] {
        guard let call = self.calls[id] else { return [] }
        switch outcome {
        case .nothing:
            return []
        case .askAgain:
            return self.isUp ? [.send(self.calls[id]!.ask(now: now))] : []
        case .tokens(let pieces):
            return [.tokens(pieces, call: id, call.statistics)]
        case .finished(let pieces, let reason):
            self.calls[id] = nil
            return [.finished(pieces, reason, call: id, call.statistics)]
        case .described(let description):
            self.calls[id] = nil
            return [.described(description, call: id)]
        case .failed(let error):
            // The coordinator may not know yet, where it was this side's clock.
            return [.failed(error, call: id)] + self.cancel(id)
        }
    }

    private mutating func carryOut(_ actions: [ConnectionState.Action], now: Double) -> [Action] {
        actions.flatMap { action -> [Action] in
            switch action {
            case .sendHello: return [.send(Envelope(.hello(self.hello)))]
            case .sendPing(let ping): return [.send(Envelope(.ping(ping)))]
            case .becameUp(let peer): return self.reached(peer, now: now)
            case .becameLost(let reason):
                if self.isUp { self.standing = .unknown }
                self.lostSince = self.lostSince ?? now
                return [.lost(reason)]
            case .refused(let status): return self.refuse(ForetokenError(status))
            }
        }
    }

    private mutating func reached(_ peer: Peer, now: Double) -> [Action] {
        guard peer.role == .coordinator else {
            return self.refuse(
                ForetokenError(
                    .failedPrecondition, "a \(peer.role.rawValue) answers at \(self.address), not a coordinator",
                    wayOut: "connect to the address that foretoken serve coordinator prints"))
        }
        self.standing = .up
        self.lostSince = nil
        // Calls that were under way go on from the tokens they have.
        return [.connected] + self.calls.keys.sorted().map { .send(self.calls[$0]!.ask(now: now)) }
    }

    private mutating func refuse(_ error: ForetokenError) -> [Action] {
        self.standing = .refused(error)
        return [.refused(error)] + self.failAll(error)
    }

    /// Why nobody serves, in words for people.
    var unreachable: ForetokenError {
        if case .refused(let error) = self.standing { return error }
        return ForetokenError(
            .unavailable, "nobody answers at \(self.address)",
            wayOut: "is a coordinator running there? start one with foretoken serve coordinator")
    }
}
