internal import DequeModule
public import Executors
public import ForetokenEngine
public import ForetokenLinks
internal import ForetokenWire
internal import Logging
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
    /// Mirrors that may have something to draft, each at most once.
    private var turn: Deque<Key> = []
    private var isDrafting = false
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
        if self.isDrafting { await withCheckedContinuation { self.stopped = $0 } }
        for connection in self.targets.values { connection.link.close() }
        self.targets = [:]
        self.link?.close()
        self.link = nil
    }

    var load: Load { Load(slots: self.slots.count, sequences: self.slots.busy) }

    // MARK: The round: draft, send, learn

    /// Begins to draft for the next mirror in turn, unless a block is being drafted; its end is the next beginning.
    private func step() {
        guard !self.isDrafting, !self.isStopping else { return }
        while let key = self.turn.popFirst() {
            guard let job = self.beginDrafting(key), let live = self.live[key] else { continue }
            self.isDrafting = true
            self.engine.begin(job, slot: live.slot, sampler: live.sampler) { result in
                self.loop.execute { self.assumeIsolated { $0.finish(key, result) } }
            }
            return
        }
    }

    private func queue(_ key: Key) {
        if !self.turn.contains(key) { self.turn.append(key) }
    }

    private func beginDrafting(_ key: Key) -> Mirror.Job? {
        guard let kind = self.live[key]?.kind else { return nil }
        return self.live[key]!.mirror.beginDrafting(in: &self.outlooks[key.target, default: Outlooks()][kind].context)
    }

    private func finish(_ key: Key, _ result: Result<DraftEngine.Outcome, ModelError>) {
        self.isDrafting = false
        switch result {
        case .success(let outcome):
            self.finish(key, outcome)
        case .failure(let error):
            self.settings.logger.error("Drafting failed", [.error: "\(error)", .sequence: "\(key.sequence)"])
            self.release(key)
        }
        self.stopped?.resume()
        self.stopped = nil
        self.step()
    }

    private func finish(_ key: Key, _ outcome: DraftEngine.Outcome) {
        guard let kind = self.live[key]?.kind else { return }
        self.outlooks[key.target]?[kind].learnDrafting(tokens: outcome.timedTokens, seconds: outcome.seconds)
        let block = self.live[key]!.mirror.finishDrafting(
            outcome.tokens, seconds: outcome.seconds, now: self.loop.now, outlook: self.outlooks[key.target]?[kind])
        if let block {
            self.send(block, to: key.target)
        } else {
            self.queue(key)
        }
    }

    private func send(_ block: Block, to target: String) {
        guard let connection = self.targets[target], connection.isUp else { return }
        _ = connection.link.send(Envelope(.block(block)), to: .only)
    }

    // MARK: Mirrors

    /// Begins to mirror, from scratch where the sequence is known already.
    func mirror(_ request: MirrorRequest, of target: String) {
        let key = Key(target: target, sequence: request.sequence)
        self.release(key)
        guard let rule = try? LookaheadRule(request.lookahead) else { return }
        let kind = Outlooks.Kind(rule: rule, coupling: request.sampling.coupling)
        guard let lookahead = self.outlooks[target, default: Outlooks()].makeLookahead(kind) else { return }
        guard request.tokens.allSatisfy({ Int($0) < self.engine.vocabulary.size }), !request.tokens.isEmpty else {
            self.settings.logger.warning("Sequence has tokens that this draft does not know", [.target: target])
            return
        }
        guard let slot = self.slots.take() else {
            self.settings.logger.warning("All slots busy; a sequence is not mirrored", [.target: target])
            return
        }
        let mirror = Mirror(
            sequence: request.sequence, tokens: request.tokens,
            endPosition: min(request.endPosition, self.engine.description.contextLength), lookahead: lookahead)
        self.live[key] = Live(mirror: mirror, kind: kind, slot: slot, sampler: Sampler(request.sampling))
        self.settings.logger.debug("Mirrors", [.sequence: "\(request.sequence)", .target: target])
        self.queue(key)
        self.step()
    }

    func receive(_ verdict: Verdict, from target: String) {
        let key = Key(target: target, sequence: verdict.sequence)
        guard self.live[key] != nil else { return }
        guard verdict.tokens.allSatisfy({ Int($0) < self.engine.vocabulary.size }) else { return }
        let now = self.loop.now
        let known = self.live[key]!.mirror.history.count
        let block = self.live[key]!.mirror.receive(verdict, now: now)
        self.learn(verdict, of: key, committed: self.live[key]!.mirror.history.count - known, now: now)
        if let block { self.send(block, to: target) }
        self.queue(key)
        self.step()
    }

    private func learn(_ verdict: Verdict, of key: Key, committed: Int, now: Double) {
        let seconds = self.live[key]!.heardAt.map { now - $0 }
        if committed > 0 { self.live[key]!.heardAt = now }
        let roundTrip = self.live[key]!.mirror.roundTrip
        let round = self.live[key]!.mirror.takeRound()
        let kind = self.live[key]!.kind
        self.outlooks[key.target, default: Outlooks()][kind].learn(
            verdict, committed: committed, seconds: seconds, roundTrip: roundTrip, now: now)
        if let round { self.outlooks[key.target]?[kind].learn(round) }
    }

    func release(_ key: Key) {
        guard let live = self.live.removeValue(forKey: key) else { return }
        self.slots.give(back: live.slot)
        self.outlooks[key.target, default: Outlooks()].keep(live.mirror.lookahead, of: live.kind)
    }

    func releaseAll(of target: String) {
        for key in self.live.keys where key.target == target { self.release(key) }
    }

    /// Asks where verdicts are overdue.
    func askOverdue() {
        for key in self.live.keys {
            if let question = self.live[key]!.mirror.tick(now: self.loop.now) { self.send(question, to: key.target) }
        }
    }
}
