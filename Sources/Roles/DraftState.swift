public import ForetokenWire
internal import OrderedCollections
public import Speculation

/// What a draft decides: which targets it keeps in touch with, which of their sequences it mirrors and in which slots,
/// what its model is to draft, and what it tells the targets.
///
/// A value that knows no thread, no link and no clock, driven like `TargetState`. Targets are known by their addresses.
/// Nothing here outlives the loss of a target: a mirror can be rebuilt at any time.
public struct DraftState: Sendable {
    struct Key: Hashable {
        var target: String
        var sequence: UInt64
    }

    struct Live {
        var mirror: Mirror
        let kind: Outlooks.Kind
        /// Most draft tokens that the coordinator allows in flight.
        let window: Int?
        /// When the latest verdict came.
        var heardAt: Seconds?
        let slot: Int
        let sampler: Sampler
        /// No other mirror has had it: a run for one that was released meanwhile is not taken for this one's.
        let life: UInt64
        let trace: TraceParent?
        var drafted = Drafted()
        /// Time of feeding many committed tokens.
        var feeding: Seconds = 0
        /// Tokens that it began with.
        let begun: Int
    }

    /// A target that a coordinator has asked for.
    struct Target {
        /// Its public key; empty where the coordinator told none.
        let key: String
        /// Since when it has not answered; `nil` while it is up.
        var downSince: Seconds?
        /// When a coordinator last asked for it.
        var askedAt: Seconds
        /// Calls that wait for its welcome.
        var calls: [Call] = []
    }

    let model: DraftModel
    var targets: OrderedDictionary<String, Target> = [:]
    /// What has been learned of each target.
    var outlooks: [String: Outlooks] = [:]
    var slots: SlotPool
    /// The oldest first.
    var live: OrderedDictionary<Key, Live> = [:]
    private var lives: UInt64 = 0
    /// Runs of the engine that are not over.
    private var runs = 0
    private var isStopping = false
    var actions: [Action] = []

    public init(model: DraftModel) {
        self.model = model
        self.slots = SlotPool(count: model.slots)
    }

    /// Takes out what is to be done.
    ///
    /// - Parameter array: carried out already; it is emptied, and its memory used again.
    /// - Returns: whether there is anything.
    public mutating func takeActions(_ array: inout [Action]) -> Bool {
        array.removeAll(keepingCapacity: true)
        guard !self.actions.isEmpty else { return false }
        swap(&self.actions, &array)
        return true
    }

    public var load: Load { Load(slots: self.slots.count, sequences: self.slots.busy) }

    /// What it has measured with each target, in the order of their addresses.
    public var reports: [DraftReport] {
        self.outlooks.keys.sorted().compactMap { self.outlooks[$0]?.report(of: $0) }
    }

    /// What it knows of a target; `nil` where it knows nothing.
    public func outlooks(of target: String) -> Outlooks? { self.outlooks[target] }

    /// Targets with a sequence that it mirrors.
    public var mirroredTargets: Set<String> { Set(self.live.keys.lazy.map(\.target)) }

    /// Goes on with a rule that has learned elsewhere.
    public mutating func adopt(_ lookahead: any Lookahead, of kind: Outlooks.Kind, for target: String) {
        self.outlooks[target, default: Outlooks()].keep(lookahead, of: kind)
    }

    /// Whether the engine is at work.
    public var isDrafting: Bool { self.runs > 0 }

    /// Ends all runs, and begins no more.
    public mutating func stop() {
        self.isStopping = true
        for live in self.live.values { self.actions.append(.cancel(slot: live.slot)) }
    }

    // MARK: The round: draft, send, learn

    /// Begins to draft where a mirror has something to draft; the end of each run is the beginning of its next.
    mutating func draft(_ key: Key) {
        guard !self.isStopping, let index = self.live.index(forKey: key) else { return }
        let kind = self.live.values[index].kind
        let window = self.outlooks[key.target, default: Outlooks()][kind].window(isIdle: self.runs == 0)
            .bounded(by: self.live.values[index].window)
        let order = self.live.values[index].mirror.beginDrafting(
            in: &self.outlooks[key.target, default: Outlooks()][kind].context, window: window)
        guard let order else { return }
        self.runs += 1
        let live = self.live.values[index]
        // Branches are for a draft with nothing else to do; what they have so far is sent.
        if !live.mirror.isOnBranch {
            for other in self.live.values where other.mirror.isOnBranch {
                self.actions.append(.cancel(slot: other.slot))
            }
        }
        let run = Run(target: key.target, sequence: key.sequence, slot: live.slot, life: live.life)
        self.actions.append(.begin(order, run, live.sampler))
    }

    /// A run is over.
    ///
    /// - Parameter outcome: `nil` where it failed; its slot is empty then.
    public mutating func runEnded(_ run: Run, _ outcome: DraftOutcome?, now: Seconds) {
        self.runs -= 1
        let key = Key(target: run.target, sequence: run.sequence)
        // Where it failed, nothing more is drafted until more is committed.
        if let index = self.live.index(forKey: key), self.live.values[index].life == run.life {
            self.finish(outcome ?? DraftOutcome(), ofMirrorAt: index, now: now)
        }
        if outcome == nil { self.forget(slot: run.slot) }
        self.draft(key)
    }

    /// The engine has emptied a slot.
    private mutating func forget(slot: Int) {
        self.slots.forget(slot)
        for index in self.live.values.indices where self.live.values[index].slot == slot {
            self.live.values[index].mirror.reuse(0)
        }
    }

    private mutating func finish(_ outcome: DraftOutcome, ofMirrorAt index: Int, now: Seconds) {
        let (target, kind) = (self.live.keys[index].target, self.live.values[index].kind)
        self.outlooks[target]?[kind].learnDrafting(
            tokens: outcome.timedTokens, seconds: outcome.seconds, shared: outcome.sharedSeconds)
        self.live.values[index].feeding += outcome.feedingSeconds
        self.live.values[index].drafted.tokens += outcome.tokens.count
        self.live.values[index].drafted.seconds += outcome.seconds
        let message = self.live.values[index].mirror.finishDrafting(
            outcome.tokens, seconds: outcome.seconds, now: now, in: self.outlooks[target]?[kind].context)
        self.learnRounds(ofMirrorAt: index)
        if let message { self.send(message, ofMirrorAt: index) }
    }

    private mutating func send(_ message: Mirror.Message, ofMirrorAt index: Int) {
        let target = self.live.keys[index].target
        guard let entry = self.targets[target], entry.downSince == nil else { return }
        var message = message
        if case .block = message { self.live.values[index].drafted.blocks += 1 }
        self.outlooks[target]?[self.live.values[index].kind].sign(&message)
        self.actions.append(.send(.init(message), to: target))
    }

    /// Follows what a target has written.
    public mutating func hear(_ verdict: Verdict, from target: String, now: Seconds) {
        let key = Key(target: target, sequence: verdict.sequence)
        guard let index = self.live.index(forKey: key) else { return }
        guard verdict.tokens.allSatisfy({ Int($0) < self.model.vocabularySize }) else { return }
        let known = self.live.values[index].mirror.history.count
        let messages = self.live.values[index].mirror.receive(verdict, now: now)
        self.learn(verdict, ofMirrorAt: index, knowing: known, now: now)
        for message in messages { self.send(message, ofMirrorAt: index) }
        if self.live.values[index].mirror.isRunVoid {
            self.actions.append(.cancel(slot: self.live.values[index].slot))
        }
        self.draft(key)
    }

    private mutating func learn(_ verdict: Verdict, ofMirrorAt index: Int, knowing known: Int, now: Seconds) {
        let (target, kind) = (self.live.keys[index].target, self.live.values[index].kind)
        let committed = self.live.values[index].mirror.history.count - known
        let seconds = self.live.values[index].heardAt.map { now - $0 }
        if committed > 0 { self.live.values[index].heardAt = now }
        self.outlooks[target, default: Outlooks()][kind].learn(
            verdict, committed: committed, seconds: seconds, roundTrip: self.live.values[index].mirror.roundTrip,
            now: now)
        self.learnRounds(ofMirrorAt: index)
    }

    /// Learns from the rounds that have ended.
    private mutating func learnRounds(ofMirrorAt index: Int) {
        let (target, kind) = (self.live.keys[index].target, self.live.values[index].kind)
        for round in self.live.values[index].mirror.takeRounds() { self.outlooks[target]?[kind].learn(round) }
    }

    // MARK: Mirrors

    /// Begins to mirror, from scratch where the sequence is known already; a target whose sequence is not mirrored is
    /// told so.
    public mutating func mirror(_ request: MirrorRequest, of target: String) {
        self.release(request.sequence, of: target)
        do throws(Refusal) {
            try self.begin(request, of: target)
        } catch {
            self.actions.append(.log(.declined(target: target, sequence: request.sequence, error, request.trace)))
            self.actions.append(.send(.release(Release(sequence: request.sequence)), to: target))
        }
    }

    private mutating func begin(_ request: MirrorRequest, of target: String) throws(Refusal) {
        guard self.targets[target] != nil, !self.isStopping else { throw .stopping }
        let kind = Outlooks.Kind(
            rule: request.lookahead, coupling: request.sampling.coupling, takesTurns: request.takesTurns)
        guard let lookahead = self.outlooks[target, default: Outlooks()].makeLookahead(kind) else { throw .noRule }
        guard request.tokens.allSatisfy({ Int($0) < self.model.vocabularySize }), !request.tokens.isEmpty else {
            throw .unknownTokens
        }
        // Nothing is copied from live ones: a draft's slots have memory of their own, which is copied whole.
        guard let placement = self.slots.take(for: request.tokens) else { throw .slotsBusy }
        var mirror = Mirror(
            sequence: request.sequence, tokens: request.tokens,
            endPosition: min(request.endPosition, self.model.contextLength), lookahead: lookahead)
        mirror.reuse(placement.reused)
        self.lives += 1
        let key = Key(target: target, sequence: request.sequence)
        self.live[key] = Live(
            mirror: mirror, kind: kind, window: request.window, slot: placement.slot,
            sampler: Sampler(request.sampling, ending: request.ending), life: self.lives, trace: request.trace,
            begun: request.tokens.count)
        self.actions.append(
            .log(
                .mirrors(
                    target: target, sequence: request.sequence, reused: placement.reused, request.trace)))
        self.tellShares(of: target)
        self.draft(key)
    }

    /// A sequence is over, or another draft has it.
    public mutating func release(_ sequence: UInt64, of target: String) {
        let key = Key(target: target, sequence: sequence)
        guard let live = self.live.removeValue(forKey: key) else { return }
        self.actions.append(.cancel(slot: live.slot))
        for slot in self.slots.give(back: live.slot, holding: live.mirror.held) {
            self.actions.append(.empty(slot: slot))
        }
        self.outlooks[target, default: Outlooks()].keep(live.mirror.lookahead, of: live.kind)
        self.outlooks[target]?[live.kind].learnText(
            drafted: live.drafted.tokens, feeding: live.feeding,
            committed: live.mirror.history.count - live.begun)
        self.tellShares(of: target)
        var drafted = live.drafted
        drafted.roundTrip = live.mirror.roundTrip
        self.actions.append(.log(.released(target: target, sequence: sequence, drafted, live.trace)))
    }

    /// Tells how many sequences of a target share the draft's steps.
    private mutating func tellShares(of target: String) {
        self.outlooks[target]?.share(
            among: self.live.keys.count { $0.target == target }, of: self.model.slots)
    }

    mutating func releaseAll(of target: String) {
        for key in Array(self.live.keys) where key.target == target { self.release(key.sequence, of: target) }
    }

    /// Asks where verdicts are overdue, and drops targets that nobody needs.
    public mutating func tick(now: Seconds) {
        for index in self.live.values.indices {
            if let question = self.live.values[index].mirror.tick(now: now) {
                self.send(.question(question), ofMirrorAt: index)
            }
        }
        self.dropForgotten(now: now)
    }
}
