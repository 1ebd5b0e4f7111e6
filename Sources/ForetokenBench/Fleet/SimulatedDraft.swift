internal import OrderedCollections
internal import Speculation

/// A draft on the virtual clock: the decisions are those of `Mirror`, `Outlooks` and the rule; what it guesses is what
/// the trace says that it guessed. One step drafts a token for each run, as the engine does.
struct SimulatedDraft {
    /// What a target asks to have mirrored.
    struct Order {
        let sequence: UInt64
        let tokens: [Token]
        let promptTokens: Int
        let endPosition: Int
        let text: Int
        let target: Int
        let targetLife: Int
    }

    private struct Run {
        /// All that will be drafted, unless it is cancelled.
        let drafted: [DraftedToken]
        /// Committed tokens that are not fed yet.
        var unfed: Int
        /// Of those, in the step that runs.
        var share = 0
        var isInStep = false
        let isPrefill: Bool
        /// Since when tokens are drafted; `nil` while many committed tokens are fed.
        var timedSince: Seconds?
        var done = 0
        var isCancelled = false

        var isDone: Bool { self.isCancelled || self.unfed == 0 && self.done == self.drafted.count }
    }

    private struct Live {
        var mirror: Mirror
        let order: Order
        /// Position of the first token in the slot that the target did not write.
        var wrongAt: Int?
        var heardAt: Seconds?
        /// When the last message to the target arrives.
        var sentUntil: Seconds = 0
        var run: Run?
    }

    struct Counts: Equatable {
        var tokens = 0
        var accepted = 0
        var steps = 0
        var busy: Seconds = 0
        /// Sequences that it had no slot for.
        var refused = 0
    }

    let index: Int
    var texts: FleetTexts
    private let plan: FleetPlan.Draft
    private let kind: Outlooks.Kind
    private let draftRow: Double
    /// Whether it drafts just what will be accepted, whatever the rule.
    private let isOracle: Bool
    var counts = Counts()
    private(set) var life = 0
    private var outlooks: [Outlooks]
    /// Of each target: when a heartbeat last measured the round trip.
    private var heartbeats: [Seconds]
    private var live: OrderedDictionary<UInt64, Live> = [:]
    /// Sequences with a run, in the order in which they began.
    private var running: [UInt64] = []
    /// Those in the step that runs.
    private var stepping: [UInt64] = []
    private var isStepping = false
    private var isTicking = false

    /// Rows of a step, and those beyond one for each run where there are several.
    private static let maxRows = 256
    private static let prefillRows = 32
    /// Committed tokens that are fed with about the time of one.
    private static let mostFed = 2
    private static let tick: Seconds = 1.0 / 16
    private static let heartbeat: Seconds = 0.5

    init(
        _ index: Int, _ plan: FleetPlan.Draft, rule: LookaheadRule, draftRow: Double, contender: Contender?,
        targets: Int,
        texts: FleetTexts
    ) {
        self.index = index
        self.plan = plan
        self.kind = Outlooks.Kind(rule: rule, coupling: .gumbel)
        self.draftRow = draftRow
        self.isOracle = contender?.isOracle ?? false
        self.texts = texts
        self.outlooks = Array(repeating: Outlooks(), count: targets)
        self.heartbeats = Array(repeating: -.infinity, count: targets)
        guard let contender else { return }
        for target in self.outlooks.indices { self.outlooks[target].keep(contender.make(), of: self.kind) }
    }

    // MARK: Mirrors

    mutating func mirror(_ order: Order, _ clock: inout FleetClock) {
        self.release(order.sequence)
        guard let lookahead = self.outlooks[order.target].makeLookahead(self.kind) else { return }
        guard self.live.count < self.plan.slots else {
            self.counts.refused += 1
            return
        }
        let mirror = Mirror(
            sequence: order.sequence, tokens: order.tokens, endPosition: order.endPosition, lookahead: lookahead)
        self.live[order.sequence] = Live(mirror: mirror, order: order)
        self.hearHeartbeat(of: order.target, &clock)
        if !self.isTicking {
            self.isTicking = true
            clock.schedule(.tick(draft: self.index, life: self.life), after: Self.tick)
        }
        self.draft(order.sequence, &clock)
    }

    mutating func release(_ sequence: UInt64) {
        guard let live = self.live.removeValue(forKey: sequence) else { return }
        self.outlooks[live.order.target].keep(live.mirror.lookahead, of: self.kind)
        self.running.removeAll { $0 == sequence }
    }

    mutating func releaseAll(of target: Int) {
        for (sequence, live) in self.live where live.order.target == target { self.release(sequence) }
    }

    mutating func receive(_ verdict: Verdict, _ clock: inout FleetClock) {
        guard let index = self.live.index(forKey: verdict.sequence) else { return }
        let (now, target) = (clock.now, self.live.values[index].order.target)
        let known = self.live.values[index].mirror.history.count
        let messages = self.live.values[index].mirror.receive(verdict, now: now)
        let committed = self.live.values[index].mirror.history.count - known
        let seconds = self.live.values[index].heardAt.map { now - $0 }
        if committed > 0 { self.live.values[index].heardAt = now }
        self.outlooks[target][self.kind].learn(
            verdict, committed: committed, seconds: seconds, roundTrip: self.live.values[index].mirror.roundTrip,
            now: now)
        self.learnRounds(at: index)
        for message in messages { self.send(message, ofSequenceAt: index, &clock) }
        if self.live.values[index].mirror.isRunVoid { self.cancelRun(ofSequenceAt: index, &clock) }
        self.draft(verdict.sequence, &clock)
    }

    private mutating func learnRounds(at index: Int) {
        let target = self.live.values[index].order.target
        for round in self.live.values[index].mirror.takeRounds() { self.outlooks[target][self.kind].learn(round) }
    }

    private mutating func send(_ message: Mirror.Message, ofSequenceAt index: Int, _ clock: inout FleetClock) {
        var message = message
        self.outlooks[self.live.values[index].order.target][self.kind].sign(&message)
        let order = self.live.values[index].order
        clock.send(
            .message(
                message, target: order.target, targetLife: order.targetLife, draft: self.index, life: self.life),
            tokens: message.tokenCount, draft: self.index,
            extra: message.tokenCount == 0 ? 0 : self.plan.costs.overhead,
            behind: &self.live.values[index].sentUntil)
    }

    // MARK: Drafting

    /// Begins to draft where a mirror has something to draft; the end of each run is the beginning of its next.
    private mutating func draft(_ sequence: UInt64, _ clock: inout FleetClock) {
        guard let index = self.live.index(forKey: sequence) else { return }
        let target = self.live.values[index].order.target
        let window = self.outlooks[target][self.kind].window(isIdle: self.running.isEmpty)
        let job = self.live.values[index].mirror.beginDrafting(
            in: &self.outlooks[target][self.kind].context, window: window)
        guard let job else { return }
        if !self.live.values[index].mirror.isOnBranch {
            let branching = self.running.filter { self.live[$0]?.mirror.isOnBranch == true }
            for other in branching { self.cancelRun(ofSequenceAt: self.live.index(forKey: other)!, &clock) }
        }
        let isPrefill = job.feed.count > Self.mostFed
        self.live.values[index].run = Run(
            drafted: self.draft(job, ofSequenceAt: index), unfed: job.feed.count, isPrefill: isPrefill,
            timedSince: isPrefill ? nil : clock.now)
        self.running.append(sequence)
        self.step(&clock)
    }

    /// All that the job will draft: the rule decides on nothing but that.
    private mutating func draft(_ job: DraftOrder, ofSequenceAt index: Int) -> [DraftedToken] {
        let (text, prompt) = (self.live.values[index].order.text, self.live.values[index].order.promptTokens)
        var wrong = self.live.values[index].wrongAt.flatMap { $0 < job.position ? $0 : nil }
        if wrong == nil {
            wrong = job.feed.indices.first { offset in
                job.position + offset >= prompt
                    && self.texts.token(text, at: job.position + offset, prompt: prompt) != job.feed[offset]
            }.map { job.position + $0 }
        }
        var drafted: [DraftedToken] = []
        var asked: [DraftedToken] = []
        while drafted.count < job.most {
            let place = job.base + drafted.count - prompt
            let isLead = drafted.count < job.lead
            if self.isOracle {
                guard wrong == nil, self.texts.isRight(text, at: place) else { break }
            } else {
                guard isLead || job.lookahead.wantsMore(after: asked) else { break }
            }
            guard let token = self.texts.guess(text, at: place, wrong: wrong.map { $0 - prompt }) else { break }
            if wrong == nil, !self.texts.isRight(text, at: place) { wrong = prompt + place }
            drafted.append(token)
            if !isLead { asked.append(token) }
            if self.texts.endTokens.contains(token.token) { break }
        }
        self.live.values[index].wrongAt = wrong
        return drafted
    }

    /// Begins a step of all runs: rows of prefills come a few at a time where other runs are there.
    private mutating func step(_ clock: inout FleetClock) {
        guard !self.isStepping, !self.running.isEmpty else { return }
        self.isStepping = true
        self.stepping.replaceSubrange(self.stepping.indices, with: self.running)
        let wanted = self.stepping.map { max(1, self.live[$0]?.run?.unfed ?? 0) }
        let isShared = wanted.count > 1 && wanted.contains { $0 <= Self.prefillRows }
        let shares = RowShares.even(
            wanted, rows: isShared ? min(Self.maxRows, wanted.count + Self.prefillRows) : Self.maxRows)
        var rows = 0
        for (sequence, share) in zip(self.stepping, shares) where share > 0 {
            guard let index = self.live.index(forKey: sequence), let run = self.live.values[index].run else { continue }
            self.live.values[index].run!.share = min(run.unfed, share)
            self.live.values[index].run!.isInStep = true
            rows += share > Self.mostFed ? share : 1
        }
        let seconds = self.plan.costs.draftToken * (1 + self.draftRow * Double(rows - 1))
        self.counts.steps += 1
        self.counts.busy += seconds
        clock.schedule(.stepEnds(draft: self.index, life: self.life), after: seconds)
    }

    mutating func endStep(_ clock: inout FleetClock) {
        self.isStepping = false
        var done: [UInt64] = []
        for sequence in self.stepping {
            guard let index = self.live.index(forKey: sequence), var run = self.live.values[index].run, run.isInStep
            else { continue }
            run.unfed -= run.share
            (run.share, run.isInStep) = (0, false)
            if run.unfed == 0 {
                if run.done < run.drafted.count {
                    run.done += 1
                    self.counts.tokens += 1
                }
                if run.timedSince == nil { run.timedSince = clock.now }
            }
            self.live.values[index].run = run
            if run.isDone { done.append(sequence) }
        }
        for sequence in done {
            self.finishRun(of: sequence, &clock)
            self.draft(sequence, &clock)
        }
        self.step(&clock)
    }

    /// Ends a run behind the step that it is in.
    private mutating func cancelRun(ofSequenceAt index: Int, _ clock: inout FleetClock) {
        self.live.values[index].run!.isCancelled = true
        if !self.live.values[index].run!.isInStep { self.finishRun(of: self.live.keys[index], &clock) }
    }

    private mutating func finishRun(of sequence: UInt64, _ clock: inout FleetClock) {
        guard let index = self.live.index(forKey: sequence), let run = self.live.values[index].run else { return }
        self.live.values[index].run = nil
        self.running.removeAll { $0 == sequence }
        let target = self.live.values[index].order.target
        let seconds = run.timedSince.map { clock.now - $0 } ?? 0
        self.outlooks[target][self.kind].learnDrafting(
            tokens: max(0, run.done - (run.isPrefill ? 1 : 0)), seconds: seconds)
        let message = self.live.values[index].mirror.finishDrafting(
            Array(run.drafted.prefix(run.done)), seconds: seconds, now: clock.now,
            in: self.outlooks[target][self.kind].context)
        self.learnRounds(at: index)
        if let message { self.send(message, ofSequenceAt: index, &clock) }
    }

    // MARK: Time and costs

    /// Asks where verdicts are overdue, and measures round trips.
    mutating func tick(_ clock: inout FleetClock) {
        self.isTicking = !self.live.isEmpty
        guard self.isTicking else { return }
        clock.schedule(.tick(draft: self.index, life: self.life), after: Self.tick)
        for index in self.live.values.indices {
            self.hearHeartbeat(of: self.live.values[index].order.target, &clock)
            if let question = self.live.values[index].mirror.tick(now: clock.now) {
                self.send(.question(question), ofSequenceAt: index, &clock)
            }
        }
    }

    private mutating func hearHeartbeat(of target: Int, _ clock: inout FleetClock) {
        guard clock.now - self.heartbeats[target] >= Self.heartbeat else { return }
        self.heartbeats[target] = clock.now
        self.outlooks[target].hear(roundTrip: clock.roundTrip(draft: self.index), now: clock.now)
    }

    /// Learns what a target does for others.
    mutating func take(_ report: TargetReport, of target: Int, now: Seconds) {
        self.outlooks[target].take(report, now: now)
    }

    // MARK: Failures

    mutating func fail() {
        self.life += 1
        self.live = [:]
        self.running = []
        self.isStepping = false
        self.isTicking = false
        self.outlooks = Array(repeating: Outlooks(), count: self.outlooks.count)
        self.heartbeats = Array(repeating: -.infinity, count: self.heartbeats.count)
    }
}
