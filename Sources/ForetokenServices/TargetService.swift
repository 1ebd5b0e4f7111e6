public import CoreMetrics
public import Executors
public import ForetokenEngine
public import ForetokenLinks
internal import ForetokenWire
internal import Logging
public import Roles
public import Speculation
internal import Synchronization

/// Owns sequences: runs the target's passes over all that are ready, answers drafts with verdicts, and streams
/// committed tokens to whoever opened the sequence.
///
/// What to do is decided by `TargetState`; this actor carries it out, on the loop of its link.
public actor TargetService: Registering {
    nonisolated let loop: any Loop
    let network: any Network
    let engine: TargetEngine
    let settings: ServiceSettings
    var link: (any Link)?
    var reception: Reception
    var state: TargetState
    var registrations = Registrations()
    private var gauges: GaugeSheet?
    var spans: TextSpans
    private nonisolated let readiness = Atomic(false)
    /// What `state` asks for, while it is carried out.
    private var actions: [TargetState.Action] = []
    private var isCarryingOut = false
    /// `nil` where passes wait for no device, so that each ends at some time.
    private var watch: PassWatch?
    /// Whether the pass that runs will never end.
    private var isStuck = false
    private nonisolated let failures = AsyncStream.makeStream(of: TargetFailure.self)
    /// Who waits for the end of the last pass.
    private var stopped: [CheckedContinuation<Void, Never>] = []
    /// Who waits until nothing is left.
    private var draining: [CheckedContinuation<Void, Never>] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameter patience: with which the blocks of drafts are awaited.
    /// - Parameter remembersPrompts: whether a free slot keeps what it holds, for the next sequence that begins so.
    /// - Parameter watch: finds passes that will never end, where devices compute layers.
    /// - Parameter metrics: takes what the target measures of itself; `nil`: nobody does.
    public init(
        engine: TargetEngine, network: any Network, loop: any Loop, settings: ServiceSettings,
        patience: Patience = Patience(), remembersPrompts: Bool = true, watch: PassWatch = PassWatch(),
        metrics: (any MetricsFactory)? = nil
    ) {
        self.watch = engine.description.execution?.usesDevice == true ? watch : nil
        self.gauges = metrics.map { GaugeSheet($0) }
        self.spans = TextSpans(settings.tracer)
        self.engine = engine
        self.network = network
        self.loop = loop
        self.settings = settings
        self.state = TargetState(
            model: TargetModel(engine), patience: patience, remembersPrompts: remembersPrompts,
            firstSequence: .random(in: 1...(.max >> 1)))
        self.reception = Reception(
            peer: settings.peer(role: .target, of: network.identity, model: engine.description, slots: engine.slots))
    }

    /// Listens, and begins to run passes.
    ///
    /// - Parameter coordinators: with which it registers; a name stands for all that are behind it.
    /// - Returns: where it really listens.
    public func start(at address: String, registeringWith coordinators: [String] = []) throws(LinkError) -> String {
        if !self.engine.canRollBack {
            self.settings.logger.warning("This model cannot take back tokens; it writes alone, without drafts")
        }
        let link = try self.network.listen(at: address, on: self.loop) { [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
        do {
            try self.register(with: coordinators, as: self.reception.peer, at: link.address)
        } catch {
            self.endRegistrations()
            link.close()
            throw error
        }
        self.link = link
        self.readiness.store(true, ordering: .relaxed)
        self.tellRounding()
        self.keepTime()
        return link.address
    }

    /// Tells whoever greets from now on that drafts reach this target at another address than it listens on.
    public func advertise(_ address: String) {
        self.reception.peer.address = address
    }

    /// Takes nothing more, and waits until all that it has is at its end or has moved to another target, or until `grace`
    /// is over, or the task is cancelled.
    public func drain(for grace: Duration) async {
        self.readiness.store(false, ordering: .relaxed)
        self.state.leave(telling: self.reception.peers(of: .coordinator))
        self.carryOut()
        let (seconds, attoseconds) = grace.components
        let end = self.loop.now + Double(seconds) + Double(attoseconds) * 1e-18
        let alarm = self.loop.schedule(at: end) { [weak self] in self?.assumeIsolated { $0.tellDrained(force: true) } }
        await withTaskCancellationHandler {
            await withCheckedContinuation {
                self.draining.append($0)
                self.tellDrained(force: Task.isCancelled || self.isStuck)
            }
        } onCancel: {
            self.loop.execute { [weak self] in self?.assumeIsolated { $0.tellDrained(force: true) } }
        }
        self.loop.cancel(alarm)
    }

    private func tellDrained(force: Bool = false) {
        guard !self.draining.isEmpty, force || self.state.isIdle else { return }
        for waiting in self.draining { waiting.resume() }
        self.draining = []
    }

    /// Ends all calls with `UNAVAILABLE`, and closes the link.
    public func stop() async {
        self.readiness.store(false, ordering: .relaxed)
        self.state.stop()
        self.carryOut()
        if self.state.isPassing, !self.isStuck { await withCheckedContinuation { self.stopped.append($0) } }
        self.close()
    }

    private func close() {
        self.spans.endAll()
        self.endRegistrations()
        self.link?.close()
        self.link = nil
        self.failures.continuation.finish()
    }

    // MARK: A pass that never ends

    /// Waits until the target cannot go on because a pass does not end. Its link is closed then, so that its texts go on
    /// elsewhere; what is left to do is to end the process, which alone lets go of the pass.
    ///
    /// - Returns: why; `nil` once the target is stopped, or the task is cancelled.
    public nonisolated func failure() async -> TargetFailure? {
        for await failure in self.failures.stream { return failure }
        return nil
    }

    /// Leaves texts to other targets once the pass that runs lasts too long.
    func lookAtPass(now: Seconds) {
        guard !self.isStuck, let seconds = self.watch?.look(now: now, pageReads: PageReads.count) else { return }
        let failure = TargetFailure(seconds: seconds)
        self.settings.logger.error("Pass does not end", [.error: "\(failure)"])
        self.isStuck = true
        self.readiness.store(false, ordering: .relaxed)
        self.failures.continuation.yield(failure)
        // Without a word, as if the process had ended: a text that has this happen to one target after the other is found out.
        self.close()
        self.tellStopped()
        self.tellDrained(force: true)
    }

    private func tellStopped() {
        for waiting in self.stopped { waiting.resume() }
        self.stopped = []
    }

    /// How much of it is in use.
    var load: Load { self.state.load }

    /// Whether it takes texts; known without asking the loop.
    public nonisolated var isReady: Bool { self.readiness.load(ordering: .relaxed) }

    // MARK: Events

    func receive(_ event: LinkEvent) {
        let now = self.loop.now
        let status = { Pong(load: self.state.load, target: self.state.report) }
        switch self.reception.receive(event, status: status(), now: now) {
        case .nothing:
            break
        case .reply(let envelope, let peer):
            _ = self.link?.send(envelope, to: peer)
        case .lost(let peer):
            self.lose(peer, now)
        case .renewed(let peer):
            self.lose(peer, now)
            self.receive(event)
        case .message(let envelope, let peer, let bytes):
            self.receive(envelope, bytes, from: peer, now)
            self.carryOut()
        }
    }

    private func receive(_ envelope: Envelope, _ bytes: Int, from peer: PeerID, _ now: Seconds) {
        let call = Call(owner: peer, number: envelope.call)
        switch envelope.body {
        case .block(let block): self.state.hear(.block(block), ofBytes: bytes, from: peer, now: now)
        case .question(let question): self.state.hear(.question(question), ofBytes: bytes, from: peer, now: now)
        case .abstention(let word): self.state.hear(.abstention(word), ofBytes: bytes, from: peer, now: now)
        case .release(let release): self.state.decline(release.sequence, by: peer, now: now)
        case .open(var request):
            request.request.names.trace = self.spans.begin("target", under: request.request.names.trace)
            self.state.open(request, ofBytes: bytes, for: call)
        case .assign(let request): self.state.assign(request, for: call, now: now, peer: self.draft)
        case .cancel: self.state.cancel(call)
        default:
            let status = Status(
                .unimplemented, "a target does not take this message; text is generated by a coordinator")
            _ = self.link?.send(Envelope(call: call.number, .status(status)), to: peer)
        }
    }

    private func draft(named name: String) -> PeerID? { self.reception.peer(named: name, role: .draft) }

    /// Looks for silent peers, now and regularly.
    private func keepTime() {
        guard self.link != nil else { return }
        let now = self.loop.now
        for peer in self.reception.silent(now: now, nextLook: now + self.settings.tick) { self.lose(peer, now) }
        let door = self.reception.look(at: self.network, logger: self.settings.logger, now: now)
        for peer in door?.lost ?? [] { self.lose(peer, now) }
        if door != nil { self.gauges?.show(Reading.target(self.state.load, self.state.report)) }
        self.keepRegistered(now: now)
        self.lookAtPass(now: now)
        self.loop.schedule(at: now + self.settings.tick) { [weak self] in
            self?.assumeIsolated { $0.keepTime() }
        }
    }

    private func lose(_ peer: PeerID, _ now: Seconds) {
        self.state.lose(peer, now: now)
        // What is logged of it names it.
        self.carryOut()
        self.reception.remove(peer)
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
        self.tellDrained()
    }

    private func carryOut(_ action: TargetState.Action) {
        switch action {
        case .prepare(let prompt, let stop, let addsOwnStops, let ticket):
            Task { await self.prepare(prompt, stop: stop, addsOwnStops: addsOwnStops, ticket: ticket) }
        case .run(let parts):
            self.watch?.begin(rows: parts.reduce(0) { $0 + $1.entry.pass.rowCount })
            self.engine.begin(parts.map(\.entry)) { result in
                self.loop.execute { self.assumeIsolated { $0.finishPass(result) } }
            }
        case .send(let body, let peer, let call):
            switch self.link?.send(Envelope(call: call, body), to: peer) {
            case .sent(let bytes): self.state.sent(body, ofBytes: bytes)
            case .unreachable: self.state.undelivered(body, to: peer, isGone: true, now: self.loop.now)
            case .full: self.state.undelivered(body, to: peer, isGone: false, now: self.loop.now)
            case nil: break
            }
        case .empty(let slot):
            self.engine.empty(slot: slot)
        case .wake(let instant):
            self.loop.schedule(at: instant) { [weak self] in
                self?.assumeIsolated { service in
                    service.state.alarm(now: service.loop.now)
                    service.carryOut()
                }
            }
        case .forget(let peer):
            self.reception.remove(peer)
        case .log(let event):
            self.log(event)
        }
    }

    private func prepare(_ prompt: PromptForm, stop: [String], addsOwnStops: Bool, ticket: UInt64) async {
        let result: Result<PreparedPrompt, Status>
        do {
            result = .success(try await self.engine.prepare(prompt, stop: stop, addsOwnStops: addsOwnStops))
        } catch ModelError.promptTooLong(let tokens) {
            result = .failure(TargetModel(self.engine).tooLong("at least \(tokens)"))
        } catch {
            result = .failure(Status(.invalidArgument, "\(error)"))
        }
        self.state.prepared(ticket, result, now: self.loop.now, peer: self.draft)
        self.carryOut()
    }

    private func finishPass(_ result: Result<PassOutcome, ModelError>) {
        self.watch?.end(seconds: (try? result.get())?.seconds)
        let outcome = result.mapError { error in
            self.settings.logger.error("Pass failed", [.error: "\(error)"])
            return Status(.internalError, "\(error); the log of the target tells more")
        }
        self.state.passEnded(outcome, now: self.loop.now)
        self.carryOut()
        if !self.state.isPassing { self.tellStopped() }
    }
}
