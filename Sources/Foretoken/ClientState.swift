internal import ForetokenLinks
internal import ForetokenWire
internal import Speculation

/// Decides for a client: keeps its coordinators reached, and the calls going at one of them. A value without clock and
/// links.
///
/// It is connected to all of them at once, so that the loss of one costs no more than asking the next.
struct ClientState {
    /// One of the coordinators; a number stands for it, its place in the list.
    private struct Line {
        let address: String
        var connection: ConnectionState
        var standing = Standing.unknown
        /// Why there is no way to it so far, where that is known.
        var obstacle: String?
        /// Calls that it was asked, and may still be at work on: one that was frozen goes on when it wakes.
        var asked: Set<UInt64> = []
    }

    private var lines: [Line]
    private let hello: Hello
    /// The coordinator that has the calls; `nil` while none serves.
    private var current: Int?
    /// Where to look first for the next one.
    private var turn = 0
    private var calls: [UInt64: CallState] = [:]
    private var nextCall: UInt64 = 0
    /// Since when nobody serves, or is about to come back; `nil` while somebody does.
    private var lostSince: Double?

    /// Seconds that calls outlive the loss of all coordinators.
    static let patience = 30.0
    /// Seconds that a description may take.
    static let describing = 5.0

    enum Standing: Equatable {
        case unknown
        case up
        /// It has ended a call because it is shutting down, and takes no other.
        case leaving
        /// Somebody answered who will never serve this client.
        case refused(ForetokenError)
    }

    enum Action: Equatable {
        case send(Envelope, to: Int)
        /// A coordinator serves.
        case connected
        case refused(ForetokenError)
        case lost(String, at: Int)
        case tokens([Piece], call: UInt64, GenerationStatistics)
        case finished([Piece], FinishReason, call: UInt64, GenerationStatistics)
        case described(Description, call: UInt64)
        case failed(ForetokenError, call: UInt64)
    }

    init(addresses: [String], peer: Peer) {
        let connection = ConnectionState(heartbeat: Double(peer.heartbeatMilliseconds) / 1000)
        self.lines = addresses.map { Line(address: $0, connection: connection) }
        self.hello = Hello(peer: peer)
    }

    var isUp: Bool { self.current != nil }
    var roundTrip: Double? { self.current.flatMap { self.lines[$0].connection.roundTrip } }

    /// When `tick` shall be called next.
    var nextTick: Double {
        let calls = self.calls.values.lazy.map(\.nextTick).min() ?? .infinity
        let lost = self.lostSince.map { self.calls.isEmpty ? .infinity : $0 + Self.patience } ?? .infinity
        return min(self.lines.lazy.map(\.connection.nextTick).min() ?? .infinity, calls, lost)
    }

    mutating func start(now: Double) -> [Action] {
        self.lostSince = now
        return self.lines.indices.flatMap { line in
            self.carryOut(self.lines[line].connection.start(now: now), at: line, now: now)
        }
    }

    // MARK: Calls

    /// Begins a call; it is sent as soon as a coordinator is up.
    mutating func begin(_ question: CallState.Question, deadline: Double, now: Double) -> (UInt64, [Action]) {
        self.nextCall += 1
        let id = self.nextCall
        self.calls[id] = CallState(question, id: id, deadline: deadline, now: now)
        return (id, self.ask(id, now: now))
    }

    private mutating func ask(_ id: UInt64, now: Double) -> [Action] {
        guard let current, let message = self.calls[id]?.ask(now: now) else { return [] }
        self.lines[current].asked.insert(id)
        return [.send(message, to: current)]
    }

    /// Records that a message could not be sent.
    mutating func unsent(_ envelope: Envelope, now: Double) {
        switch envelope.body {
        case .generate, .describe: self.calls[envelope.call]?.unsent(now: now)
        default: break
        }
    }

    mutating func cancel(_ id: UInt64) -> [Action] {
        guard self.calls.removeValue(forKey: id) != nil else { return [] }
        let asked = self.lines.indices.filter { self.lines[$0].asked.contains(id) }
        for line in asked where self.lines[line].standing == .up { self.lines[line].asked.remove(id) }
        return asked.map { .send(Envelope(call: id, .cancel), to: $0) }
    }

    /// Frees what a coordinator holds for calls that are over, or are another's now.
    private func cancelForeign(at line: Int) -> [Action] {
        self.lines[line].asked.filter { line != self.current || self.calls[$0] == nil }.sorted().map {
            .send(Envelope(call: $0, .cancel), to: line)
        }
    }

    /// Records that the coordinator in use is done with a call.
    private mutating func end(_ id: UInt64) {
        self.calls[id] = nil
        if let current { self.lines[current].asked.remove(id) }
    }

    /// Ends all calls.
    mutating func failAll(_ error: ForetokenError) -> [Action] {
        let ids = self.calls.keys.sorted()
        return ids.flatMap { id in [.failed(error, call: id)] + self.cancel(id) }
    }

    // MARK: Events

    /// There is a connection to a coordinator.
    mutating func connected(_ line: Int = 0, now: Double) -> [Action] {
        self.carryOut(self.lines[line].connection.connected(now: now), at: line, now: now)
    }

    /// There is no connection to a coordinator any more, or still none.
    mutating func disconnected(_ line: Int = 0, now: Double) -> [Action] {
        self.carryOut(self.lines[line].connection.disconnected(now: now), at: line, now: now)
    }

    /// There is no way to a coordinator so far, as where its name does not resolve.
    ///
    /// - Parameter reason: `nil` where there is one again.
    mutating func unreachable(_ line: Int, _ reason: String?) { self.lines[line].obstacle = reason }

    mutating func receive(_ envelope: Envelope, from line: Int = 0, now: Double) -> [Action] {
        let actions = self.carryOut(self.lines[line].connection.received(envelope, now: now), at: line, now: now)
        // What one says that had the calls before does not matter any more.
        guard line == self.current, envelope.call != 0,
            let outcome = self.calls[envelope.call]?.receive(envelope.body, now: now)
        else { return actions }
        return actions + self.settle(outcome, of: envelope.call, now: now)
    }

    /// A coordinator cannot be reached for, as where its key is not listed.
    mutating func unusable(_ line: Int, _ error: ForetokenError, now: Double) -> [Action] {
        self.refuse(error, at: line, now: now)
    }

    mutating func tick(now: Double) -> [Action] {
        var actions = self.lines.indices.flatMap { line in
            self.carryOut(self.lines[line].connection.tick(now: now), at: line, now: now)
        }
        for id in self.calls.keys.sorted() {
            guard let outcome = self.calls[id]?.tick(now: now) else { continue }
            actions += self.settle(outcome, of: id, now: now)
        }
        if let lostSince, now - lostSince >= Self.patience {
            actions += self.failAll(
                ForetokenError(
                    .unavailable, "\(self.places) has not answered for \(Int(Self.patience)) s",
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
            return self.ask(id, now: now)
        case .askAnother:
            guard let current else { return [] }
            self.lines[current].standing = .leaving
            self.lines[current].asked.remove(id)
            return self.move(now: now)
        case .tokens(let pieces):
            return [.tokens(pieces, call: id, call.statistics)]
        case .finished(let pieces, let reason):
            self.end(id)
            return [.finished(pieces, reason, call: id, call.statistics)]
        case .described(let description):
            self.end(id)
            return [.described(description, call: id)]
        case .failed(let error):
            // The coordinator may not know yet, where it was this side's clock.
            return [.failed(error, call: id)] + self.cancel(id)
        }
    }

    // MARK: Coordinators

    private mutating func carryOut(_ actions: [ConnectionState.Action], at line: Int, now: Double) -> [Action] {
        actions.flatMap { action -> [Action] in
            switch action {
            case .sendHello: return [.send(Envelope(.hello(self.hello)), to: line)]
            case .sendPing(let ping): return [.send(Envelope(.ping(ping)), to: line)]
            case .becameUp(let peer): return self.reached(peer, at: line, now: now)
            case .becameLost(let reason):
                self.lines[line].standing = .unknown
                return [.lost(reason, at: line)] + self.move(now: now)
            case .refused(let status): return self.refuse(ForetokenError(status), at: line, now: now)
            }
        }
    }

    private mutating func reached(_ peer: Peer, at line: Int, now: Double) -> [Action] {
        guard peer.role == .coordinator else {
            return self.refuse(
                ForetokenError(
                    .failedPrecondition,
                    "a \(peer.role.rawValue) answers at \(self.lines[line].address), not a coordinator",
                    wayOut: "connect to the address that foretoken serve coordinator prints"), at: line, now: now)
        }
        self.lines[line].standing = .up
        let actions = self.move(now: now)
        // What was said while it was lost may not have reached it.
        let cancels = self.cancelForeign(at: line)
        if line == self.current {
            self.lines[line].asked.formIntersection(self.calls.keys)
        } else {
            self.lines[line].asked = []
        }
        return actions + cancels
    }

    /// Leaves a coordinator that does not serve any more, for the next in turn that does. Calls that were under way go on
    /// from the tokens they have.
    private mutating func move(now: Double) -> [Action] {
        if let current, self.lines[current].standing == .up { return [] }
        self.turn = self.current.map { $0 + 1 } ?? self.turn
        let count = self.lines.count
        self.current = (0..<count).lazy.map { [turn] in (turn + $0) % count }
            .first { [lines] in lines[$0].standing == .up }
        guard self.current != nil else {
            // One that leaves has its time to do so, and may come back.
            let isAwaited = self.lines.contains { $0.standing == .leaving }
            self.lostSince = isAwaited ? nil : self.lostSince ?? now
            return []
        }
        self.lostSince = nil
        let others = self.lines.indices.filter { $0 != self.current }
        return [.connected] + others.flatMap { self.cancelForeign(at: $0) }
            + self.calls.keys.sorted().flatMap { self.ask($0, now: now) }
    }

    /// Nobody is served where all refuse.
    private mutating func refuse(_ error: ForetokenError, at line: Int, now: Double) -> [Action] {
        self.lines[line].standing = .refused(error)
        let actions = self.move(now: now)
        guard self.lines.allSatisfy({ if case .refused = $0.standing { true } else { false } }) else { return actions }
        return actions + [.refused(error)] + self.failAll(error)
    }

    private var places: String { self.lines.map(\.address).joined(separator: ", ") }

    /// Why nobody serves, in words for people.
    var unreachable: ForetokenError {
        for line in self.lines { if case .refused(let error) = line.standing { return error } }
        let obstacles = self.lines.compactMap(\.obstacle)
        guard obstacles.isEmpty else {
            return ForetokenError(
                .unavailable, "nobody answers at \(self.places), because \(obstacles.joined(separator: ", and "))",
                wayOut: "is the name right, and does this machine's DNS answer? a number such as 10.0.0.7 needs none")
        }
        return ForetokenError(
            .unavailable, "nobody answers at \(self.places)",
            wayOut: "is a coordinator running there? start one with foretoken serve coordinator")
    }
}
