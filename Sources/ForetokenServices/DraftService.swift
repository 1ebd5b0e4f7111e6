public import Executors
public import ForetokenEngine
public import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import Roles
internal import Speculation

/// Mirrors sequences of targets, and sends them blocks of draft tokens.
///
/// What to do is decided by `Mirror`; this actor carries it out, on the loop of its links. Nothing here outlives the
/// loss of a target's link: a mirror can be rebuilt at any time.
public actor DraftService {
    struct Key: Hashable {
        var target: String
        var sequence: UInt64
    }

    struct Live {
        var mirror: Mirror
        let kind: Outlooks.Kind
        /// When the latest verdict came.
        var heardAt: Double?
        let slot: Int
        let sampler: Sampler
        /// No other mirror has had it: a run for one that was released meanwhile is not taken for this one's.
        let life: UInt64
    }

    nonisolated let loop: any Loop
    let network: any Network
    let engine: DraftEngine
    let settings: ServiceSettings
    let peer: Peer
    var link: (any Link)?
    var reception: Reception
    /// By address.
    var targets: [String: Connection] = [:]
    /// What has been learned of each target, by address.
    var outlooks: [String: Outlooks] = [:]
    /// Calls of coordinators that wait for a target's welcome.
    var attaching: [String: [Call]] = [:]
    private var slots: SlotPool
    private var live: [Key: Live] = [:]
    private var lives: UInt64 = 0
    /// Runs of the engine that are not over.
    private var runs = 0
    private var stopped: CheckedContinuation<Void, Never>?
    private var isStopping = false

    /// Targets at most; each costs a socket for as long as the draft lives.
    static let mostTargets = 64

    struct Call: Hashable {
        var owner: PeerID
        var call: UInt64
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    public init(engine: DraftEngine, network: any Network, loop: any Loop, settings: ServiceSettings) {
        self.engine = engine
        self.network = network
        self.loop = loop
        self.settings = settings
        self.slots = SlotPool(count: engine.slots)
        self.peer = settings.peer(role: .draft, model: engine.description, slots: engine.slots)
        self.reception = Reception(peer: self.peer)
    }

    /// Listens for coordinators, and begins to draft.
    ///
    /// - Returns: where it really listens.
    public func start(at address: String) throws(LinkError) -> String {
        let link = try self.network.listen(at: address, on: self.loop) { [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
        self.link = link
        self.keepTime()
        return link.address
    }

    public func stop() async {
        self.isStopping = true
        for live in self.live.values { self.engine.cancel(slot: live.slot) }
        if self.runs > 0 { await withCheckedContinuation { self.stopped = $0 } }
        for connection in self.targets.values { connection.link.close() }
        self.targets = [:]
        self.link?.close()
        self.link = nil
    }

    var load: Load { Load(slots: self.slots.count, sequences: self.slots.busy) }

    // MARK: The round: draft, send, learn

    /// Begins to draft where a mirror has something to draft; the end of each run is the beginning of its next.
    private func draft(_ key: Key) {
        guard !self.isStopping, let live = self.live[key] else { return }
        let window = self.outlooks[key.target, default: Outlooks()][live.kind].window(isIdle: self.runs == 0)
        let job = self.live[key]!.mirror.beginDrafting(
            in: &self.outlooks[key.target, default: Outlooks()][live.kind].context, window: window)
        guard let job else { return }
        self.runs += 1
        // Branches are for a draft with nothing else to do; what they have so far is sent.
        if !self.live[key]!.mirror.isOnBranch {
            for other in self.live.values where other.mirror.isOnBranch { self.engine.cancel(slot: other.slot) }
        }
        self.engine.begin(job, slot: live.slot, sampler: live.sampler) { result in
            self.loop.execute { self.assumeIsolated { $0.finish(key, live, result) } }
        }
    }

    private func finish(_ key: Key, _ former: Live, _ result: Result<DraftEngine.Outcome, ModelError>) {
        self.runs -= 1
        let isSame = self.live[key]?.life == former.life
        switch result {
        case .success(let outcome):
            if isSame { self.finish(key, outcome) }
        case .failure(let error):
            self.settings.logger.error("Drafting failed", [.error: "\(error)", .sequence: "\(key.sequence)"])
            // It rests until more is committed.
            if isSame { self.finish(key, DraftEngine.Outcome()) }
            self.forget(slot: former.slot)
        }
        if self.runs == 0 {
            self.stopped?.resume()
            self.stopped = nil
        }
        self.draft(key)
    }

    /// The engine has emptied a slot.
    private func forget(slot: Int) {
        self.slots.forget(slot)
        for (key, live) in self.live where live.slot == slot { self.live[key]!.mirror.reuse(0) }
    }

    private func finish(_ key: Key, _ outcome: DraftEngine.Outcome) {
        guard let kind = self.live[key]?.kind else { return }
        self.outlooks[key.target]?[kind].learnDrafting(tokens: outcome.timedTokens, seconds: outcome.seconds)
        let message = self.live[key]!.mirror.finishDrafting(
            outcome.tokens, seconds: outcome.seconds, now: self.loop.now,
            in: self.outlooks[key.target]?[kind].context)
        self.learn(of: key)
        if let message { self.send(message, of: key) }
    }

    private func send(_ message: Mirror.Message, of key: Key) {
        guard let connection = self.targets[key.target], connection.isUp else { return }
        var message = message
        if let kind = self.live[key]?.kind { self.outlooks[key.target]?[kind].sign(&message) }
        _ = connection.link.send(Envelope(.init(message)), to: .only)
    }

    // MARK: Mirrors

    /// Begins to mirror, from scratch where the sequence is known already.
    func mirror(_ request: MirrorRequest, of target: String) {
        let key = Key(target: target, sequence: request.sequence)
        self.release(key)
        let kind = Outlooks.Kind(rule: request.lookahead, coupling: request.sampling.coupling)
        guard let lookahead = self.outlooks[target, default: Outlooks()].makeLookahead(kind) else { return }
        guard request.tokens.allSatisfy({ Int($0) < self.engine.vocabulary.size }), !request.tokens.isEmpty else {
            self.settings.logger.warning("Sequence has tokens that this draft does not know", [.target: target])
            return
        }
        // Nothing is copied from live ones: a draft's slots have memory of their own, which is copied whole.
        guard let placement = self.slots.take(for: request.tokens) else {
            self.settings.logger.warning("All slots busy; a sequence is not mirrored", [.target: target])
            return
        }
        var mirror = Mirror(
            sequence: request.sequence, tokens: request.tokens,
            endPosition: min(request.endPosition, self.engine.description.contextLength), lookahead: lookahead)
        mirror.reuse(placement.reused)
        self.lives += 1
        self.live[key] = Live(
            mirror: mirror, kind: kind, slot: placement.slot,
            sampler: Sampler(request.sampling, ending: request.ending), life: self.lives)
        self.settings.logger.debug(
            "Mirrors",
            [.sequence: "\(request.sequence)", .target: target, .reused: "\(placement.reused)"])
        self.draft(key)
    }

    func receive(_ verdict: Verdict, from target: String) {
        let key = Key(target: target, sequence: verdict.sequence)
        guard self.live[key] != nil else { return }
        guard verdict.tokens.allSatisfy({ Int($0) < self.engine.vocabulary.size }) else { return }
        let now = self.loop.now
        let known = self.live[key]!.mirror.history.count
        let messages = self.live[key]!.mirror.receive(verdict, now: now)
        self.learn(verdict, of: key, committed: self.live[key]!.mirror.history.count - known, now: now)
        for message in messages { self.send(message, of: key) }
        if self.live[key]!.mirror.isRunVoid { self.engine.cancel(slot: self.live[key]!.slot) }
        self.draft(key)
    }

    private func learn(_ verdict: Verdict, of key: Key, committed: Int, now: Double) {
        let seconds = self.live[key]!.heardAt.map { now - $0 }
        if committed > 0 { self.live[key]!.heardAt = now }
        let roundTrip = self.live[key]!.mirror.roundTrip
        let kind = self.live[key]!.kind
        self.outlooks[key.target, default: Outlooks()][kind].learn(
            verdict, committed: committed, seconds: seconds, roundTrip: roundTrip, now: now)
        self.learn(of: key)
    }

    /// Learns from the rounds that have ended.
    private func learn(of key: Key) {
        guard let kind = self.live[key]?.kind else { return }
        for round in self.live[key]!.mirror.takeRounds() { self.outlooks[key.target]?[kind].learn(round) }
    }

    func release(_ key: Key) {
        guard let live = self.live.removeValue(forKey: key) else { return }
        self.engine.cancel(slot: live.slot)
        for slot in self.slots.give(back: live.slot, holding: live.mirror.held) { self.engine.empty(slot: slot) }
        self.outlooks[key.target, default: Outlooks()].keep(live.mirror.lookahead, of: live.kind)
    }

    func releaseAll(of target: String) {
        for key in self.live.keys where key.target == target { self.release(key) }
    }

    /// Asks where verdicts are overdue.
    func askOverdue() {
        for key in self.live.keys {
            if let question = self.live[key]!.mirror.tick(now: self.loop.now) {
                self.send(.question(question), of: key)
            }
        }
    }
}
