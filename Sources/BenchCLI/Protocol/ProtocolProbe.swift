import CommandSupport
internal import Executors
internal import ForetokenLinks
internal import ForetokenWire
internal import Speculation

/// Plays coordinator and draft towards one target, and times the way from a block to its verdict.
actor ProtocolProbe {
    enum Failure: Error {
        case refused(Status)
        case ended
    }

    private nonisolated let loop: any Loop
    private let lookahead: Int
    /// As a coordinator, and as a draft: a target takes from each what it may say.
    private var links: [Role: any Link] = [:]
    private var names: [Role: String] = [:]
    private var mirror: MirrorRequest?
    private var history = TokenHistory()
    private var sentAt = 0.0
    private var sentPosition = 0
    private var times: [Double] = []
    private var wanted = 0
    private var done: CheckedContinuation<[Double], any Error>?
    private var cancelled: CheckedContinuation<Void, any Error>?
    private var greeted: CheckedContinuation<Void, any Error>?

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameter lookahead: tokens of each block.
    init(loop: any Loop, lookahead: Int) {
        self.loop = loop
        self.lookahead = lookahead
    }

    /// Greets a target as a coordinator or as a draft.
    func connect(to address: String, as role: Role, over network: any Network) async throws {
        self.names[role] = Peer.newName(role, of: network.identity)
        self.links[role] = try network.connect(to: address, expecting: ExpectedPeer(.target), on: self.loop) {
            [weak self] event in
            self?.assumeIsolated { $0.receive(event, as: role) }
        }
        try await withCheckedThrowingContinuation {
            self.greeted = $0
            // Nobody is there yet, but within one process.
            self.greet(as: role)
        }
    }

    private func greet(as role: Role) {
        let peer = Peer(role: role, name: self.names[role] ?? "", heartbeatMilliseconds: 60_000)
        self.send(.hello(Hello(peer: peer)), as: role)
    }

    func close() {
        for link in self.links.values { link.close() }
        self.links = [:]
    }

    /// Measures on a sequence of its own, so that the target rests before and after.
    ///
    /// - Returns: seconds of each round trip.
    func measure(rounds: Int) async throws -> [Double] {
        self.times = []
        self.times.reserveCapacity(rounds)
        self.wanted = rounds
        let times = try await withCheckedThrowingContinuation {
            self.done = $0
            self.open()
        }
        try await withCheckedThrowingContinuation {
            self.cancelled = $0
            self.send(.cancel, as: .coordinator, call: 1)
        }
        return times
    }

    private func open() {
        // An answer without end: the target opens a new sequence whenever one is full. In synchronous rounds the target
        // waits for each block; in overlapped ones a model that takes no time would be far ahead of all of them.
        let rule = LookaheadRule.synchronous(.fixed(self.lookahead))
        let request = Request(prompt: "probe", lookahead: rule)
        let open = OpenRequest(request: request, draft: self.names[.draft] ?? "", lookahead: rule)
        self.send(.open(open), as: .coordinator, call: 1)
    }

    private func receive(_ event: LinkEvent, as role: Role) {
        if case .connected = event { self.greet(as: role) }
        guard case .message(let envelope, _, _) = event else { return }
        switch envelope.body {
        case .verdict(let verdict):
            let now = self.loop.now
            // Others tell what the target did alone, before the first block was there.
            if verdict.verified > 0 { self.times.append(now - self.sentAt) }
            self.take(verdict)
            if self.times.count >= self.wanted { self.finish(.success(self.times)) }
        case .welcome:
            self.greeted?.resume()
            self.greeted = nil
        case .mirror(let mirror):
            self.mirror = mirror
            self.sentPosition = 0
            self.history = TokenHistory(mirror.tokens)
            // At once, as a draft does: until it is heard the target goes on alone, faster than anyone takes its tokens.
            self.sendBlock()
        case .committed(let committed) where committed.finish != nil:
            self.open()
        case .status(let status) where status.code == .cancelled:
            self.mirror = nil
            self.cancelled?.resume()
            self.cancelled = nil
        case .status(let status):
            self.greeted?.resume(throwing: Failure.refused(status))
            self.greeted = nil
            self.finish(.failure(Failure.refused(status)))
        default:
            break
        }
    }

    private func take(_ verdict: Verdict) {
        self.history.rollBack(to: verdict.position)
        self.history.append(contentsOf: verdict.tokens)
        // One block is under way at a time: the next follows when more is committed than the last one stood on.
        if self.history.count > self.sentPosition, self.times.count < self.wanted { self.sendBlock() }
    }

    private func sendBlock() {
        guard let mirror = self.mirror else { return }
        let room = mirror.endPosition - self.history.count
        guard room > 0 else { return }
        self.sentPosition = self.history.count
        self.sentAt = self.loop.now
        self.send(
            .block(
                Block(
                    sequence: mirror.sequence, position: self.history.count, fingerprint: self.history.fingerprint,
                    tokens: Array(repeating: 1, count: min(self.lookahead, room)),
                    sentMicroseconds: UInt64(self.sentAt * 1e6), draftingMicroseconds: 100,
                    roundTripMicroseconds: 100)), as: .draft)
    }

    private func finish(_ result: Result<[Double], any Error>) {
        self.done?.resume(with: result)
        self.done = nil
    }

    private func send(_ body: Envelope.Body, as role: Role, call: UInt64 = 0) {
        _ = self.links[role]?.send(Envelope(call: call, body), to: .only)
    }
}
