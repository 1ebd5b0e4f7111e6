public import Executors
public import ForetokenEngine
public import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import OrderedCollections
public import Speculation

/// Owns sequences: runs the target's passes over all that are ready, answers drafts with verdicts, and streams
/// committed tokens to whoever opened the sequence.
///
/// What to do is decided by `StepPlanner` and `TargetSequence`; this actor carries it out, on the loop of its link.
public actor TargetService {
    /// One sequence and whom it concerns.
    struct Live: SequenceHolder {
        var sequence: TargetSequence
        let slot: Int
        /// Where the sequence's first tokens are to be copied from with its first pass.
        var origin: Origin?
        let owner: PeerID
        let call: UInt64
        let sampler: Sampler
        let sendsScores: Bool
        /// How many of the most probable tokens are sent with the log-probability of each; `nil`: neither.
        let likelihoods: Int?
        let lookahead: LookaheadRule
        var draft: PeerID?
        /// When the owner was last told the statistics.
        var toldStatisticsAt: Double
    }

    struct Origin {
        var sequence: UInt64
        var source: Source
    }

    nonisolated let loop: any Loop
    let network: any Network
    let engine: TargetEngine
    let settings: ServiceSettings
    var link: (any Link)?
    var reception: Reception
    var slots: SlotPool
    var meter = TargetMeter()
    var live: OrderedDictionary<UInt64, Live> = [:]
    /// Calls whose prompt is being tokenized.
    var opening: Set<Call> = []
    /// Prompts that wait to be tokenized at most.
    var mostOpening: Int { 2 * self.slots.count + 16 }
    /// What passes keep to where they are to agree to the last bit.
    let exact: ExactPasses?
    let patience: Patience
    var nextSequence = UInt64.random(in: 1...(.max >> 1))
    /// When `step` is to look again at the latest.
    private var alarm = Double.infinity
    var isStopping = false
    private var isPassing = false
    private var stopped: CheckedContinuation<Void, Never>?

    struct Call: Hashable {
        var owner: PeerID
        var call: UInt64
    }

    private var planner: StepPlanner
    /// What sequences have learned of their drafts' blocks, for the next ones.
    var waitings: [DraftKind: Waiting] = [:]

    struct DraftKind: Hashable {
        var draft: PeerID
        var lookahead: LookaheadRule
    }
    /// Whoever asks for ever other rules makes the others be learned anew.
    private static let mostWaitings = 256

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameter patience: with which the blocks of drafts are awaited.
    /// - Parameter remembersPrompts: whether a free slot keeps what it holds, for the next sequence that begins so.
    public init(
        engine: TargetEngine, network: any Network, loop: any Loop, settings: ServiceSettings,
        patience: Patience = Patience(), remembersPrompts: Bool = true
    ) {
        self.patience = patience
        self.engine = engine
        let exact = engine.description.rounding?.exact
        self.exact = exact
        self.planner = StepPlanner(maxRows: engine.maxRows, exact: exact)
        self.network = network
        self.loop = loop
        self.settings = settings
        self.slots = SlotPool(
            count: engine.slots,
            mostRemembered: remembersPrompts ? exact != nil ? .max : engine.description.contextLength : 0)
        self.reception = Reception(
            peer: settings.peer(role: .target, model: engine.description, slots: engine.slots))
    }

    /// Listens, and begins to run passes.
    ///
    /// - Returns: where it really listens.
    public func start(at address: String) throws(LinkError) -> String {
        if !self.engine.canRollBack {
            self.settings.logger.warning("This model cannot take back tokens; it writes alone, without drafts")
        }
        let link = try self.network.listen(at: address, on: self.loop) { [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
        self.link = link
        self.tellRounding()
        self.keepTime()
        return link.address
    }

    private func tellRounding() {
        guard let rounding = self.engine.description.rounding else { return }
        self.settings.logger.info(
            "Passes that agree to the last bit",
            [
                .exact: rounding.exact.map { "\($0.least) to \($0.most) rows" } ?? "no",
                .agreeing: rounding.kinds.map { "\($0.lowerBound) to \($0.upperBound)" }.joined(separator: ", "),
                .distance: rounding.distance.map { "\($0)" } ?? "not measured", .price: "\(rounding.price)",
            ])
    }

    /// Tells whoever greets from now on that drafts reach this target at another address than it listens on.
    public func advertise(_ address: String) {
        self.reception.peer.address = address
    }

    /// Ends all calls with `UNAVAILABLE`, and closes the link.
    public func stop() async {
        self.isStopping = true
        for sequence in self.live.keys { self.end(sequence, Status(.unavailable, "the target is shutting down")) }
        if self.isPassing { await withCheckedContinuation { self.stopped = $0 } }
        self.link?.close()
        self.link = nil
    }

    // MARK: The step: schedule, run, settle

    /// Begins a pass over all sequences that are ready, unless one is running; its end is the beginning of the next.
    func step() {
        guard !self.isPassing, !self.isStopping else { return }
        let parts = self.nextPass()
        guard !parts.isEmpty else { return }
        self.isPassing = true
        self.engine.begin(parts.map(\.entry)) { result in
            self.loop.execute { self.assumeIsolated { $0.finish(parts, result) } }
        }
    }

    private func finish(_ parts: [Part], _ result: Result<TargetEngine.Outcome, ModelError>) {
        self.isPassing = false
        switch result {
        case .success(let outcome): self.settle(parts, outcome)
        case .failure(let error): self.fail(parts, error)
        }
        self.stopped?.resume()
        self.stopped = nil
    }

    /// Keeps what a sequence has learned of its draft.
    func keepWaiting(of live: Live) {
        guard let draft = live.draft else { return }
        if self.waitings.count >= Self.mostWaitings { self.waitings = [:] }
        self.waitings[DraftKind(draft: draft, lookahead: live.lookahead)] = live.sequence.waiting.forNext
    }

    private struct Part {
        var sequence: UInt64
        var entry: TargetEngine.Entry
    }

    /// What the planner takes into the pass; sees to it that time is looked at again where a block is waited for.
    private func nextPass() -> [Part] {
        self.checkOrigins()
        let now = self.loop.now
        let step = self.planner.begin(&self.live.values, self.meter, now: now)
        if let instant = step.wait { self.step(at: instant) }
        return step.parts.map { index, pass in
            let live = self.live.values[index]
            self.live.values[index].origin = nil
            return Part(
                sequence: live.sequence.id,
                entry: .init(
                    slot: live.slot, pass: pass, sampler: live.sampler, detail: live.sendsScores ? .runnerUp : [],
                    likelihoods: live.likelihoods, source: live.origin?.source))
        }
    }

    /// A slot whose sequence is over may hold anything.
    private func checkOrigins() {
        for index in self.live.values.indices {
            guard let origin = self.live.values[index].origin, self.live[origin.sequence] == nil else { continue }
            self.live.values[index].origin = nil
            self.live.values[index].sequence.reuse(0)
        }
    }

    /// Settles every part, and sends verdicts; tokens stream to clients while drafts and the next pass are at work.
    private func settle(_ parts: [Part], _ outcome: TargetEngine.Outcome) {
        let now = self.loop.now
        let rows = parts.reduce(0) { $0 + $1.entry.pass.ownRows }
        let drafted = parts.reduce(0) { $0 + $1.entry.pass.candidates.count }
        let alone = self.meter.secondsAlone(rows: rows, drafted: drafted, seconds: outcome.seconds)
        var tokens = 0
        var streams: [(sequence: UInt64, settlement: TargetSequence.Settlement)] = []
        for (part, walk) in zip(parts, outcome.walks) {
            guard let index = self.live.index(forKey: part.sequence) else { continue }
            let settlement = self.live.values[index].sequence.settle(
                part.entry.pass, walk: walk, seconds: outcome.seconds, alone: alone, now: now,
                bytes: { self.engine.vocabulary.pieces[Int($0)] },
                ends: { part.entry.sampler.ending.isEnd($0, among: self.engine.vocabulary.endOfGeneration) })
            if var verdict = settlement.verdict, let draft = self.live.values[index].draft {
                verdict.rows = rows
                self.send(verdict, to: draft)
            }
            tokens += settlement.pieces.count
            if !settlement.pieces.isEmpty { streams.append((part.sequence, settlement)) }
        }
        let prefill = parts.reduce(0) { $0 + $1.entry.pass.prefillRows }
        self.meter.learn(rows: rows, prefill: prefill, tokens: tokens, seconds: outcome.seconds, now: now)
        // All may have been cancelled meanwhile.
        if self.live.isEmpty { self.meter.becomeIdle() }
        self.step()
        for (sequence, settlement) in streams { self.stream(settlement, of: sequence) }
    }

    private func fail(_ parts: [Part], _ error: ModelError) {
        self.settings.logger.error("Pass failed", [.error: "\(error)"])
        for part in parts {
            self.end(part.sequence, Status(.internalError, "\(error); the log of the target tells more"))
        }
        // The engine has emptied the slots, those of sequences that were over already as well.
        for slot in parts.map(\.entry.slot) {
            self.slots.forget(slot)
            for index in self.live.values.indices
            where self.live.values[index].slot == slot || self.live.values[index].origin?.source.slot == slot {
                self.live.values[index].origin = nil
                self.live.values[index].sequence.reuse(0)
            }
        }
        self.step()
    }

    /// Looks again at an instant, or before.
    private func step(at instant: Double) {
        guard instant < self.alarm else { return }
        self.alarm = instant
        self.loop.schedule(at: instant) { [weak self] in
            self?.assumeIsolated {
                $0.alarm = .infinity
                $0.step()
            }
        }
    }
}
