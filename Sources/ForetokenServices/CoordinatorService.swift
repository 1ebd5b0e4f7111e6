public import CoreMetrics
public import Executors
public import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import OrderedCollections
internal import Roles
internal import Synchronization
internal import Tracing

/// Carries out over links what a `CoordinatorState` decides.
///
/// It is off the path of a round: blocks and verdicts go straight between draft and target.
public actor CoordinatorService {
    nonisolated let loop: any Loop
    let network: any Network
    let settings: ServiceSettings
    private let peer: Peer
    var state: CoordinatorState
    /// What `state.actions` is exchanged with.
    private var spare: [CoordinatorState.Action] = []
    private(set) var link: (any Link)?
    private(set) var reception: Reception
    var listed: (targets: [String], drafts: [String])
    var lookup: Lookup
    /// To targets and drafts, by address.
    private(set) var connections: OrderedDictionary<String, Connection> = [:]
    private var metrics: CoordinatorMetrics
    private var spans: TextSpans
    /// Members whose keys are not listed, and whom to expect there: they are tried again, for lists change.
    private var keyless: OrderedDictionary<String, ExpectedPeer> = [:]
    /// Why another could not be reached for; who starts with one does not start.
    var failure: LinkError?
    private nonisolated let readiness = Atomic(false)
    /// Who waits for `ready`.
    private var awaitingReady: [CheckedContinuation<Void, Never>] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - targets: addresses of listed ones, where a name stands for all that are behind it; others may register.
    ///   - drafts: addresses, likewise; without any the targets work alone.
    ///   - mostWaiting: requests that may wait for a slot; more are refused.
    ///   - metrics: takes what is counted; what it may tell of is in `metricDescriptions`.
    public init(
        targets: [String] = [], drafts: [String] = [], network: any Network, loop: any Loop, settings: ServiceSettings,
        mostWaiting: Int = 256, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.metrics = CoordinatorMetrics(metrics)
        self.spans = TextSpans(settings.tracer)
        self.network = network
        self.loop = loop
        self.settings = settings
        self.state = CoordinatorState(
            heartbeat: Double(settings.heartbeatMilliseconds) / 1000, mostWaiting: mostWaiting)
        self.listed = (targets, drafts)
        self.lookup = Lookup(names: (targets + drafts).filter(settings.resolver.isName))
        self.peer = settings.peer(role: .coordinator, of: network.identity)
        self.reception = Reception(peer: self.peer)
    }

    /// Whether a text could be begun now; known without asking the loop.
    public nonisolated var isReady: Bool { self.readiness.load(ordering: .relaxed) }

    // MARK: Life

    /// Listens for clients, and reaches for targets and drafts, now and again after every loss.
    ///
    /// - Returns: where it really listens.
    public func start(at address: String) throws(LinkError) -> String {
        let link = try self.network.listen(at: address, on: self.loop) { [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
        do throws(LinkError) {
            try self.list(self.listed.targets, .target)
            try self.list(self.listed.drafts, .draft)
            self.settle()
            if let failure { throw failure }
            try self.checkAnyKey()
        } catch {
            self.stop()
            link.close()
            throw error
        }
        self.link = link
        self.keepTime()
        return link.address
    }

    private func connect(to member: String, expecting peer: ExpectedPeer) {
        do {
            let link = try self.network.connect(to: member, expecting: peer, on: self.loop) { [weak self] event in
                self?.assumeIsolated { $0.receive(event, from: member) }
            }
            var connection = Connection(link: link, peer: self.peer)
            connection.start(now: self.loop.now)
            self.connections[member] = connection
        } catch {
            if error.isOfKeys { self.keyless[member] = peer } else { self.failure = error }
            self.state.lost(member, reason: "\(error)", now: self.loop.now)
        }
    }

    private func reachForKeyless() {
        let members = self.keyless
        self.keyless = [:]
        for (member, peer) in members { self.connect(to: member, expecting: peer) }
    }

    /// Ends all calls with `ABORTED`, and closes the links. Clients go on with the coordinator that comes next.
    public func stop() {
        self.readiness.store(false, ordering: .relaxed)
        self.state.stop(now: self.loop.now)
        self.settle()
        self.tellReady(force: true)
        self.spans.endAll()
        for connection in self.connections.values { connection.link.close() }
        self.connections = [:]
        self.link?.close()
        self.link = nil
    }

    /// Waits until every target is reached and every draft drafts for all of them, or until `patience` is over.
    public func ready(within patience: Duration = .seconds(5)) async {
        let (seconds, attoseconds) = patience.components
        let end = self.loop.now + Double(seconds) + Double(attoseconds) * 1e-18
        let alarm = self.loop.schedule(at: end) { [weak self] in self?.assumeIsolated { $0.tellReady(force: true) } }
        await withCheckedContinuation {
            self.awaitingReady.append($0)
            self.tellReady()
        }
        self.loop.cancel(alarm)
    }

    /// Tells those who wait for it, once everybody is there.
    private func tellReady(force: Bool = false) {
        guard !self.awaitingReady.isEmpty, force || self.state.fleet.isComplete else { return }
        for waiting in self.awaitingReady { waiting.resume() }
        self.awaitingReady = []
    }

    // MARK: Events

    /// Takes what comes from clients.
    private func receive(_ event: LinkEvent) {
        let now = self.loop.now
        let (malformed, strangers) = (self.reception.malformedCount, self.reception.strangerCount)
        defer {
            self.metrics.dropped(
                malformed: self.reception.malformedCount - malformed,
                strangers: self.reception.strangerCount - strangers)
        }
        switch self.reception.receive(event, status: Pong(load: self.state.load), now: now) {
        case .nothing:
            break
        case .reply(let envelope, let peer):
            if case .welcome = envelope.body, let refusal = self.register(peer) {
                self.reception.remove(peer)
                _ = self.link?.send(Envelope(call: envelope.call, .status(refusal)), to: peer)
                break
            }
            // A call that could not be read has failed too.
            if envelope.call != 0, case .status(let status) = envelope.body, status.code == .invalidArgument {
                self.metrics.failed(status.code)
            }
            _ = self.link?.send(envelope, to: peer)
        case .lost(let client):
            self.lose(client, now)
        case .renewed(let member):
            self.lose(member, now)
            self.receive(event)
        case .message(let envelope, let peer, let bytes):
            switch envelope.body {
            case .generate(let generate):
                var request = generate.request
                // Named as vLLM names it, whose readers find it so.
                request.names.trace = self.spans.begin(
                    "llm_request", under: request.names.trace, SpanAttributes(asked: generate.request))
                self.state.generate(
                    request, ofBytes: bytes, client: peer, call: envelope.call,
                    timeoutMilliseconds: envelope.timeoutMilliseconds, now: now)
            case .cancel:
                self.state.cancel(client: peer, call: envelope.call, now: now)
            case .describe:
                let description = self.state.description { self.connections[$0]?.state.roundTrip }
                _ = self.link?.send(Envelope(call: envelope.call, .description(description)), to: peer)
            default:
                let status = Status(
                    .unimplemented,
                    "a coordinator does not take this message; run the same release of foretoken on both sides")
                _ = self.link?.send(Envelope(call: envelope.call, .status(status)), to: peer)
            }
        }
        self.settle()
    }

    private func lose(_ client: PeerID, _ now: Double) {
        self.reception.remove(client)
        self.state.lose(client: client, now: now)
    }

    /// Takes what comes from a target or a draft.
    private func receive(_ event: LinkEvent, from member: String) {
        guard self.connections[member] != nil else { return }
        let now = self.loop.now
        let key: String? = if case .message(_, let peer, _) = event { peer.identity?.key } else { nil }
        self.take(self.connections[member]!.receive(event, now: now), at: member, key: key)
        if case .message(let envelope, _, _) = event {
            self.state.receive(envelope.body, call: envelope.call, from: member, now: now)
        }
        self.settle()
    }

    /// - Parameter key: the member's, where the links have keys.
    private func take(_ changes: [Connection.Change], at member: String, key: String? = nil) {
        let now = self.loop.now
        for change in changes {
            switch change {
            case .up(let peer): self.state.reached(member, peer, key: key ?? "", now: now)
            case .lost(let reason):
                let isSilent = self.connections[member]?.state.loss == .silent
                self.state.lost(
                    member, reason: reason, isSilent: isSilent, isOurs: self.isOurs(member, now: now), now: now)
            case .refused(let status): self.state.lost(member, reason: status.message, now: now)
            }
        }
    }

    /// Looks at the clock, now and regularly.
    private func keepTime() {
        guard self.link != nil else { return }
        let now = self.loop.now
        for client in self.reception.silent(now: now, nextLook: now + self.settings.tick) { self.lose(client, now) }
        for member in self.connections.keys { self.take(self.connections[member]!.tick(now: now), at: member) }
        self.state.tick(now: now)
        self.lookUp(now: now)
        self.settle()
        if let door = self.reception.look(at: self.network, logger: self.settings.logger, now: now) {
            for client in door.lost { self.lose(client, now) }
            self.metrics.refused(door.refused)
            self.reachForKeyless()
            self.settle()
            self.metrics.show(Reading.all(self.state.fleet))
        }
        self.metrics.show(self.state.load)
        self.readiness.store(self.state.fleet.isReady, ordering: .relaxed)
        self.loop.schedule(at: now + self.settings.tick) { [weak self] in
            self?.assumeIsolated { $0.keepTime() }
        }
    }

    // MARK: Actions

    /// Carries out what is decided, and what is decided on that.
    func settle() {
        while !self.state.actions.isEmpty {
            var actions: [CoordinatorState.Action] = []
            swap(&actions, &self.spare)
            swap(&actions, &self.state.actions)
            for action in actions { self.carryOut(action) }
            actions.removeAll(keepingCapacity: true)
            self.spare = actions
        }
        self.tellReady()
    }

    private func carryOut(_ action: CoordinatorState.Action) {
        switch action {
        case .toClient(let client, let call, let body):
            let result = self.link?.send(Envelope(call: call, body), to: client)
            guard let problem = result?.problem else { return }
            if problem == .unreachable { self.reception.remove(client) }
            self.state.undelivered(problem, to: client, call: call, now: self.loop.now)
        case .toMember(let member, let call, let body):
            let result = self.connections[member]?.link.send(Envelope(call: call, body), to: .only) ?? .unreachable
            guard let problem = result.problem else { return }
            self.state.undelivered(problem, to: member, call: call, now: self.loop.now)
        case .connect(let member, let role, let key):
            self.connect(to: member, expecting: ExpectedPeer(role, key: key))
        case .disconnect(let member):
            self.keyless[member] = nil
            self.connections.removeValue(forKey: member)?.link.close()
        case .forget(let peer):
            self.reception.remove(peer)
        case .count(let count):
            self.metrics.count(count)
        case .log(let note):
            if case .ended(let text) = note {
                self.spans.end(text.names.trace, error: text.outcome.error, SpanAttributes(text))
            }
            self.settings.logger.log(note)
        }
    }
}

extension SendResult {
    /// Why the message did not leave; `nil` where it did.
    fileprivate var problem: CoordinatorState.Undelivered? {
        switch self {
        case .sent: nil
        case .unreachable: .unreachable
        case .full: .full
        }
    }
}
