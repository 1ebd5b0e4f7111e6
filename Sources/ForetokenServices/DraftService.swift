public import CoreMetrics
public import Executors
public import ForetokenEngine
public import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import Roles
internal import Speculation
internal import Synchronization
internal import Tracing

/// Mirrors sequences of targets, and sends them blocks of draft tokens.
///
/// What to do is decided by `DraftState`; this actor carries it out, on the loop of its links.
public actor DraftService: Registering {
    nonisolated let loop: any Loop
    let network: any Network
    let engine: DraftEngine
    let settings: ServiceSettings
    let peer: Peer
    var link: (any Link)?
    var reception: Reception
    /// To targets, by address.
    private var connections: [String: Connection] = [:]
    var state: DraftState
    var registrations = Registrations()
    private var gauges: GaugeSheet?
    private var spans: TextSpans
    private nonisolated let readiness = Atomic(false)
    /// What `state` asks for, while it is carried out.
    private var actions: [DraftState.Action] = []
    private var isCarryingOut = false
    /// Who waits for the end of the last run.
    private var stopped: [CheckedContinuation<Void, Never>] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameter metrics: takes what the draft measures of itself; `nil`: nobody does.
    public init(
        engine: DraftEngine, network: any Network, loop: any Loop, settings: ServiceSettings,
        metrics: (any MetricsFactory)? = nil
    ) {
        self.gauges = metrics.map { GaugeSheet($0) }
        self.spans = TextSpans(settings.tracer)
        self.engine = engine
        self.network = network
        self.loop = loop
        self.settings = settings
        self.state = DraftState(
            model: DraftModel(
                slots: engine.slots, contextLength: engine.description.contextLength,
                vocabularySize: engine.vocabulary.size))
        self.peer = settings.peer(role: .draft, of: network.identity, model: engine.description, slots: engine.slots)
        self.reception = Reception(peer: self.peer)
    }

    /// Listens for coordinators, and begins to draft.
    ///
    /// - Parameter coordinators: with which it registers; a name stands for all that are behind it.
    /// - Returns: where it really listens.
    public func start(at address: String, registeringWith coordinators: [String] = []) throws(LinkError) -> String {
        let link = try self.network.listen(at: address, atMost: Self.longestMessage, on: self.loop) {
            [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
        do {
            try self.register(with: coordinators, as: self.peer, at: link.address)
        } catch {
            self.endRegistrations()
            link.close()
            throw error
        }
        self.link = link
        self.readiness.store(true, ordering: .relaxed)
        self.keepTime()
        return link.address
    }

    /// Bytes of a message to a draft at most: coordinators name targets, and nobody says more.
    private static let longestMessage = 64 << 10

    /// Closes the links, which tells targets and coordinators, and ends all runs.
    public func stop() async {
        self.readiness.store(false, ordering: .relaxed)
        self.state.stop()
        self.carryOut()
        // First of all: nobody is to wait for a block that does not come.
        for connection in self.connections.values { connection.link.close() }
        self.connections = [:]
        self.endRegistrations()
        self.link?.close()
        self.link = nil
        self.spans.endAll()
        if self.state.isDrafting { await withCheckedContinuation { self.stopped.append($0) } }
    }

    /// How much of it is in use.
    var load: Load { self.state.load }

    /// Whether it takes sequences; known without asking the loop.
    public nonisolated var isReady: Bool { self.readiness.load(ordering: .relaxed) }

    // MARK: Events

    /// Takes what comes from coordinators.
    private func receive(_ event: LinkEvent) {
        let now = self.loop.now
        switch self.reception.receive(
            event, status: Pong(load: self.state.load, drafts: self.state.reports), now: now)
        {
        case .nothing:
            break
        case .reply(let envelope, let peer):
            _ = self.link?.send(envelope, to: peer)
        case .lost(let peer):
            self.lose(peer)
        case .renewed(let peer):
            self.lose(peer)
            self.receive(event)
        case .message(let envelope, let peer, _):
            let call = Call(owner: peer, number: envelope.call)
            switch envelope.body {
            case .attach(let request):
                self.state.attach(request.address, key: request.key, for: call, now: now)
            case .cancel:
                break
            default:
                let status = Status(.unimplemented, "a draft does not take this message")
                _ = self.link?.send(Envelope(call: call.number, .status(status)), to: peer)
            }
            self.carryOut()
        }
    }

    private func lose(_ peer: PeerID) {
        self.reception.remove(peer)
        self.state.lose(peer)
    }

    /// Takes what comes from a target.
    private func receive(_ event: LinkEvent, from target: String) {
        guard self.connections[target] != nil else { return }
        let now = self.loop.now
        self.take(self.connections[target]!.receive(event, now: now), at: target, now)
        if case .message(let envelope, _, _) = event { self.receive(envelope, from: target, now) }
        self.carryOut()
    }

    private func receive(_ envelope: Envelope, from target: String, _ now: Seconds) {
        switch envelope.body {
        case .pong(let pong):
            let roundTrip = self.connections[target]?.state.latestRoundTrip
            self.state.heard(roundTrip: roundTrip, pong.target, from: target, now: now)
        case .mirror(var request):
            request.trace = self.spans.begin("draft", under: request.trace, ["foretoken.target": "\(target)"])
            self.state.mirror(request, of: target)
        case .verdict(let verdict): self.state.hear(verdict, from: target, now: now)
        case .release(let release): self.state.release(release.sequence, of: target)
        case .status(let status) where self.connections[target]?.isUp == true:
            self.settings.logger.warning("Target objects", [.target: target, .reason: status.message])
        default: break
        }
    }

    private func take(_ changes: [Connection.Change], at target: String, _ now: Seconds) {
        for change in changes {
            switch change {
            case .up(let peer):
                self.settings.logger.info("Target reached", [.target: target, .peer: peer.name])
                self.state.reached(target)
            case .lost(let reason):
                self.settings.logger.warning("Target lost", [.target: target, .reason: reason])
                self.state.lost(target, now: now)
            case .refused(let status):
                self.settings.logger.error("Target refuses this draft", [.target: target, .reason: status.message])
                self.state.refused(target, status, now: now)
            }
        }
    }

    /// Looks at the clock, now and regularly.
    private func keepTime() {
        guard self.link != nil else { return }
        let now = self.loop.now
        for peer in self.reception.silent(now: now, nextLook: now + self.settings.tick) { self.lose(peer) }
        let door = self.reception.look(at: self.network, logger: self.settings.logger, now: now)
        for peer in door?.lost ?? [] { self.lose(peer) }
        if door != nil { self.gauges?.show(Reading.draft(self.state.load, self.state.reports)) }
        for target in Array(self.connections.keys) {
            self.take(self.connections[target]?.tick(now: now) ?? [], at: target, now)
        }
        self.state.tick(now: now)
        self.carryOut()
        self.keepRegistered(now: now)
        self.loop.schedule(at: now + self.settings.tick) { [weak self] in
            self?.assumeIsolated { $0.keepTime() }
        }
    }

    // MARK: Actions

    /// Carries out what `state` asks for, and what that leads to.
    private func carryOut() {
        guard !self.isCarryingOut else { return }
        self.isCarryingOut = true
        while self.state.takeActions(&self.actions) {
            for action in self.actions { self.carryOut(action) }
        }
        self.isCarryingOut = false
    }

    private func carryOut(_ action: DraftState.Action) {
        switch action {
        case .begin(let order, let run, let sampler):
            self.engine.begin(order, slot: run.slot, sampler: sampler) { result in
                self.loop.execute { self.assumeIsolated { $0.finish(run, result) } }
            }
        case .cancel(let slot):
            self.engine.cancel(slot: slot)
        case .empty(let slot):
            self.engine.empty(slot: slot)
        case .send(let body, let target):
            _ = self.connections[target]?.link.send(Envelope(body), to: .only)
        case .answer(let body, let call):
            _ = self.link?.send(Envelope(call: call.number, body), to: call.owner)
        case .connect(let target, let key):
            self.connect(to: target, key: key)
        case .disconnect(let target):
            self.connections.removeValue(forKey: target)?.link.close()
        case .log(let event):
            self.log(event)
        }
    }

    private func connect(to target: String, key: String) {
        let expected = ExpectedPeer(.target, key: key.isEmpty ? nil : key)
        do throws(LinkError) {
            let link = try self.network.connect(to: target, expecting: expected, on: self.loop) { [weak self] event in
                self?.assumeIsolated { $0.receive(event, from: target) }
            }
            var connection = Connection(link: link, peer: self.peer)
            connection.start(now: self.loop.now)
            self.connections[target] = connection
        } catch {
            let code: Status.Code = if case .keys = error { .permissionDenied } else { .invalidArgument }
            self.state.failedToConnect(target, Status(code, "\(error)"))
        }
    }

    private func finish(_ run: DraftState.Run, _ result: Result<DraftOutcome, ModelError>) {
        if case .failure(let error) = result {
            self.settings.logger.error("Drafting failed", [.error: "\(error)", .sequence: "\(run.sequence)"])
        }
        self.state.runEnded(run, try? result.get(), now: self.loop.now)
        self.carryOut()
        guard !self.state.isDrafting else { return }
        for waiting in self.stopped { waiting.resume() }
        self.stopped = []
    }

    private func log(_ event: DraftState.Event) {
        switch event {
        case .mirrors(let target, let sequence, let reused, let trace):
            self.settings.logger.naming(RequestNames(trace: trace)).debug(
                "Mirrors", [.sequence: "\(sequence)", .target: target, .reused: "\(reused)"])
        case .declined(let target, let sequence, let reason, let trace):
            self.spans.end(trace, error: reason.description)
            self.settings.logger.naming(RequestNames(trace: trace)).warning(
                "Sequence not mirrored",
                [.target: target, .sequence: "\(sequence)", .reason: reason.description])
        case .released(_, _, let drafted, let trace):
            self.spans.end(trace, SpanAttributes(drafted))
        case .dropped(let target):
            self.settings.logger.warning("Target dropped: it does not answer", [.target: target])
        }
    }
}

extension DraftState.Refusal {
    fileprivate var description: String {
        switch self {
        case .stopping: "the draft is shutting down, or has dropped the target"
        case .slotsBusy: "all slots are busy"
        case .unknownTokens: "it has tokens that this draft does not know"
        case .noRule: "its rule drafts nothing"
        }
    }
}
