import Executors
import ForetokenLinks
import ForetokenWire
import Speculation
import TestSupport
import Testing

/// A client that speaks the wire itself, so that services are tested without the SDK.
actor TestClient {
    struct Answer: Sendable {
        var tokens: [Token] = []
        var text = ""
        var origins: [Origin] = []
        var finish: FinishReason?
        var statistics: Statistics?
        var status: Status?
        var offset = 0
        var isOver: Bool { self.finish != nil || self.status != nil }
    }

    struct TimedOut: Error {}

    private nonisolated let loop: any Loop
    private var link: (any Link)?
    private var state: ConnectionState
    private let hello: Hello
    private var answers: [UInt64: Answer] = [:]
    private var descriptions: [UInt64: Description] = [:]
    private var nextCall: UInt64 = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    init(network: some Network, heartbeat: UInt32, address: String = "coordinator") async throws {
        self.loop = network.makeLoop(name: "client")
        self.hello = Hello(
            peer: Peer(role: .client, name: "client-\(UInt32.random(in: 0 ... .max))", heartbeatMilliseconds: heartbeat)
        )
        self.state = ConnectionState(heartbeat: Double(heartbeat) / 1000)
        try self.connect(network, address)
    }

    private func connect(_ network: some Network, _ address: String) throws {
        self.link = try network.connect(to: address, on: self.loop) { [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
        self.carryOut(self.state.start(now: self.loop.now))
        self.keepTime()
    }

    func close() {
        self.link?.close()
        self.link = nil
    }

    /// Goes silent: no heartbeat, no farewell.
    func vanish() {
        self.close()
    }

    private func keepTime() {
        guard self.link != nil else { return }
        self.carryOut(self.state.tick(now: self.loop.now))
        self.loop.schedule(at: self.loop.now + 0.02) { [weak self] in self?.assumeIsolated { $0.keepTime() } }
    }

    private func carryOut(_ actions: [ConnectionState.Action]) {
        for action in actions {
            switch action {
            case .sendHello: _ = self.link?.send(Envelope(.hello(self.hello)), to: .only)
            case .sendPing(let ping): _ = self.link?.send(Envelope(.ping(ping)), to: .only)
            default: break
            }
        }
    }

    private func receive(_ event: LinkEvent) {
        if case .connected = event { self.carryOut(self.state.connected(now: self.loop.now)) }
        if case .disconnected = event { self.carryOut(self.state.disconnected(now: self.loop.now)) }
        guard case .message(let envelope, _, _) = event else { return }
        self.carryOut(self.state.received(envelope, now: self.loop.now))
        switch envelope.body {
        case .committed(let committed):
            self.answers[envelope.call]?.take(committed)
        case .status(let status):
            self.answers[envelope.call]?.status = status
        case .description(let description):
            self.descriptions[envelope.call] = description
        default:
            break
        }
    }

    // MARK: Calls

    func begin(_ request: Request, timeoutMilliseconds: UInt32 = 0) -> UInt64 {
        self.nextCall += 1
        self.answers[self.nextCall] = Answer()
        self.answers[self.nextCall]!.expectedIndex = request.committed.count
        _ = self.link?.send(
            Envelope(
                call: self.nextCall, timeoutMilliseconds: timeoutMilliseconds,
                .generate(GenerateRequest(request: request))),
            to: .only)
        return self.nextCall
    }

    var isUp: Bool { self.state.peer != nil }

    func send(_ body: Envelope.Body) {
        _ = self.link?.send(Envelope(body), to: .only)
    }

    func cancel(_ call: UInt64) {
        _ = self.link?.send(Envelope(call: call, .cancel), to: .only)
    }

    func answer(_ call: UInt64) -> Answer { self.answers[call] ?? Answer() }

    func generate(_ request: Request, timeoutMilliseconds: UInt32 = 0) async throws
        -> Answer
    {
        let call = self.begin(request, timeoutMilliseconds: timeoutMilliseconds)
        try await self.wait { $0.answer(call).isOver }
        return self.answer(call)
    }

    func describe() async throws -> Description {
        self.nextCall += 1
        let call = self.nextCall
        _ = self.link?.send(Envelope(call: call, .describe), to: .only)
        try await self.wait { $0.descriptions[call] != nil }
        return self.descriptions[call]!
    }

    /// Seconds from an event until the coordinator describes what is wanted, taken on this client's own thread, however
    /// busy the test runner's threads are; and the longest that an answer of the coordinator took meanwhile, which tells
    /// for how long the machine kept either from its work.
    func seconds(
        from event: @Sendable () -> Void, until wanted: @Sendable (Description) -> Bool
    ) async throws -> (seconds: Double, longestAnswer: Double) {
        let begin = self.loop.now
        var (asked, longest) = (begin, 0.0)
        event()
        while true {
            let description = try await self.describe()
            longest = max(longest, self.loop.now - asked)
            if wanted(description) { return (self.loop.now - begin, longest) }
            if self.loop.now > begin + Patience.seconds { throw TimedOut() }
            asked = self.loop.now
        }
    }

    func waitUntilUp() async throws {
        try await self.wait { $0.state.peer != nil }
        // Until every member is reached.
        while true {
            let description = try await self.describe()
            if (description.targets + description.drafts).allSatisfy(\.reachable) { return }
        }
    }

    /// Waits for a condition, by looking again after each turn of the loop.
    func wait(until condition: @Sendable (isolated TestClient) -> Bool) async throws {
        let deadline = self.loop.now + Patience.seconds
        while !condition(self) {
            if self.loop.now > deadline { throw TimedOut() }
            await withCheckedContinuation { continuation in
                self.loop.schedule(at: self.loop.now + 0.002) { continuation.resume() }
            }
        }
    }
}

extension TestClient.Answer {
    var expectedIndex: Int {
        get { self.tokens.count + self.offset }
        set { self.offset = newValue - self.tokens.count }
    }

    mutating func take(_ committed: Committed) {
        #expect(committed.index == self.expectedIndex, "tokens are neither lost nor repeated")
        self.tokens += committed.pieces.map(\.token)
        self.text += committed.pieces.map(\.text).joined()
        self.origins += committed.pieces.map(\.origin)
        self.finish = committed.finish ?? self.finish
        self.statistics = committed.statistics ?? self.statistics
    }
}
