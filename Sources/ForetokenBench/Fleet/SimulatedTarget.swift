internal import OrderedCollections
internal import Roles
internal import Speculation

/// A target on the virtual clock: the decisions are those of `TargetSequence` and `StepPlanner`; passes take what its
/// costs say.
struct SimulatedTarget {
    /// The draft that mirrors a sequence.
    struct Drafter: Equatable {
        var index: Int
        var life: Int
    }

    private struct Live: SequenceHolder {
        var sequence: TargetSequence
        let request: Int
        let text: Int
        var drafter: Drafter?
        /// When the last message to the draft arrives.
        var sentUntil: Seconds = 0
    }

    /// What a pass has brought a sequence.
    struct Commit {
        let request: Int
        /// Index in the answer of the first token.
        let index: Int
        let count: Int
        let isFinished: Bool
        /// Tokens that are not what the text has there.
        let mismatches: Int
        /// Draft tokens that the pass held and accepted, and whose they were.
        let candidates: Int
        let accepted: Int
        let draft: Int?
    }

    struct Counts: Equatable {
        var passes = 0
        /// Those of prefills too.
        var rows = 0
        /// One for each sequence in a pass that chose tokens.
        var parts = 0
        var tokens = 0
        var busy: Seconds = 0
    }

    let index: Int
    var texts: FleetTexts
    private let plan: FleetPlan.Target
    private let rule: LookaheadRule
    private(set) var counts = Counts()
    private(set) var isUp = true
    private(set) var life = 0
    private(set) var meter = TargetMeter()
    private var planner: StepPlanner
    /// What sequences have learned of their drafts' blocks.
    private var waitings: [Int: Waiting] = [:]
    private var live: OrderedDictionary<UInt64, Live> = [:]
    private var passing: [(sequence: UInt64, pass: TargetSequence.Pass)] = []
    private var passSeconds: Seconds = 0
    private var alarm = Seconds.infinity
    private var isReporting = false
    /// Requests that were here when it failed, or were sent here before that was noticed.
    private var stranded: [Int] = []

    /// Twice in each heartbeat.
    private static let reporting: Seconds = 0.5

    init(_ index: Int, _ plan: FleetPlan.Target, rule: LookaheadRule, texts: FleetTexts) {
        self.index = index
        self.plan = plan
        self.rule = rule
        self.texts = texts
        self.planner = StepPlanner(maxRows: plan.maxRows)
    }

    // MARK: Sequences

    mutating func open(
        _ id: UInt64, _ request: FleetRequest, number: Int, drafter: Drafter?, _ clock: inout FleetClock
    ) {
        guard self.isUp else { return self.stranded.append(number) }
        let sequence = TargetSequence(
            id: id, prompt: FleetTexts.prompt(request.promptTokens, of: number),
            committed: Array(self.texts.texts[request.text].tokens.prefix(request.committed)),
            endPosition: request.promptTokens + request.limit, vocabularySize: .max, now: clock.now, rule: self.rule)
        self.live[id] = Live(sequence: sequence, request: number, text: request.text)
        self.assign(id, to: drafter, &clock)
        if !self.isReporting {
            self.isReporting = true
            clock.schedule(.report(target: self.index, life: self.life), after: Self.reporting)
        }
    }

    /// Gives a sequence to a draft, or to none.
    mutating func assign(_ id: UInt64, to drafter: Drafter?, _ clock: inout FleetClock) {
        guard let index = self.live.index(forKey: id) else { return }
        self.live.values[index].drafter = drafter
        if let drafter {
            self.live.values[index].sequence.attachDraft(knowing: self.waitings[drafter.index])
            let live = self.live.values[index]
            let order = SimulatedDraft.Order(
                sequence: id, tokens: live.sequence.history.tokens, promptTokens: live.sequence.promptCount,
                endPosition: live.sequence.endPosition, text: live.text, target: self.index, targetLife: self.life)
            self.live.values[index].sentUntil = 0
            clock.send(
                .mirror(order, draft: drafter.index, life: drafter.life), tokens: order.tokens.count,
                draft: drafter.index, behind: &self.live.values[index].sentUntil)
        } else {
            self.live.values[index].sequence.detachDraft()
        }
        self.step(&clock)
    }

    mutating func receive(_ message: Mirror.Message, from drafter: Drafter, _ clock: inout FleetClock) {
        guard let index = self.live.index(forKey: message.sequence), self.live.values[index].drafter == drafter else {
            // Not told yet that the sequence is over, or another's.
            var last: Seconds = 0
            return clock.send(
                .release(sequence: message.sequence, draft: drafter.index, life: drafter.life), tokens: 0,
                draft: drafter.index, behind: &last)
        }
        // What a simulated draft sends is in range.
        if let verdict = try? self.live.values[index].sequence.receive(message, now: clock.now) {
            self.send(verdict, ofSequenceAt: index, &clock)
        }
        self.step(&clock)
    }

    private mutating func send(_ verdict: Verdict, ofSequenceAt index: Int, _ clock: inout FleetClock) {
        guard let drafter = self.live.values[index].drafter else { return }
        clock.send(
            .verdict(verdict, draft: drafter.index, life: drafter.life), tokens: verdict.tokens.count,
            draft: drafter.index, behind: &self.live.values[index].sentUntil)
    }

    private mutating func remove(_ id: UInt64, _ clock: inout FleetClock) {
        guard var live = self.live.removeValue(forKey: id) else { return }
        if self.live.isEmpty { self.meter.becomeIdle() }
        guard let drafter = live.drafter else { return }
        self.waitings[drafter.index] = live.sequence.waiting.forNext
        clock.send(
            .release(sequence: id, draft: drafter.index, life: drafter.life), tokens: 0, draft: drafter.index,
            behind: &live.sentUntil)
    }

    // MARK: The step: schedule, run, settle

    mutating func ring(_ clock: inout FleetClock) {
        self.alarm = .infinity
        self.step(&clock)
    }

    private mutating func step(_ clock: inout FleetClock) {
        guard self.passing.isEmpty else { return }
        let step = self.planner.begin(&self.live.values, self.meter, now: clock.now)
        self.passing = step.parts.map { (self.live.keys[$0.index], $0.pass) }
        if let instant = step.wait, instant < self.alarm {
            self.alarm = instant
            clock.schedule(.alarm(target: self.index, life: self.life), at: instant)
        }
        guard !self.passing.isEmpty else { return }
        self.passSeconds = self.plan.costs.pass(
            rows: self.passing.reduce(0) { $0 + $1.pass.rowCount }, cells: self.otherCells)
        clock.schedule(.passEnds(target: self.index, life: self.life), after: self.passSeconds)
    }

    /// Tokens that other slots hold than a row's own, on average.
    private var otherCells: Int {
        let cells = self.live.values.reduce(0) { $0 + $1.sequence.held.count }
        return cells - cells / max(1, self.live.count)
    }

    mutating func endPass(_ clock: inout FleetClock) -> [Commit] {
        let passing = self.passing
        self.passing.removeAll(keepingCapacity: true)
        let rows = passing.reduce(0) { $0 + $1.pass.rowCount }
        var commits: [Commit] = []
        commits.reserveCapacity(passing.count)
        var finished: [UInt64] = []
        for (id, pass) in passing {
            guard let index = self.live.index(forKey: id) else { continue }
            let walk = pass.chooses ? self.walk(pass, ofSequenceAt: index) : nil
            let settlement = self.live.values[index].sequence.settle(
                pass, walk: walk, seconds: self.passSeconds, now: clock.now, bytes: { _ in [] },
                ends: self.texts.endTokens.contains)
            if var verdict = settlement.verdict {
                verdict.rows = rows
                self.send(verdict, ofSequenceAt: index, &clock)
            }
            guard !settlement.pieces.isEmpty else { continue }
            commits.append(self.commit(settlement, pass, walk, ofSequenceAt: index))
            if settlement.finish != nil { finished.append(id) }
        }
        let tokens = commits.reduce(0) { $0 + $1.count }
        let prefill = passing.reduce(0) { $0 + $1.pass.prefillRows }
        self.meter.learn(rows: rows, prefill: prefill, tokens: tokens, seconds: self.passSeconds, now: clock.now)
        self.counts.passes += 1
        self.counts.rows += rows
        self.counts.parts += commits.count
        self.counts.tokens += tokens
        self.counts.busy += self.passSeconds
        self.step(&clock)
        for id in finished { self.remove(id, &clock) }
        return commits
    }

    private func walk(_ pass: TargetSequence.Pass, ofSequenceAt index: Int) -> AcceptanceWalk {
        let (text, prompt) = (self.live.values[index].text, self.live.values[index].sequence.promptCount)
        let first = pass.position + pass.feed.count
        return AcceptanceWalk(candidates: pass.candidates, ends: self.texts.endTokens.contains) { row in
            Choice(token: self.texts.token(text, at: first + row, prompt: prompt))
        }
    }

    private func commit(
        _ settlement: TargetSequence.Settlement, _ pass: TargetSequence.Pass, _ walk: AcceptanceWalk?,
        ofSequenceAt index: Int
    ) -> Commit {
        let live = self.live.values[index]
        var mismatches = 0
        for (offset, piece) in settlement.pieces.enumerated()
        where piece.token != self.texts.texts[live.text].tokens[settlement.index + offset] { mismatches += 1 }
        return Commit(
            request: live.request, index: settlement.index, count: settlement.pieces.count,
            isFinished: settlement.finish != nil, mismatches: mismatches, candidates: pass.candidates.count,
            accepted: min(walk?.accepted ?? 0, settlement.pieces.count), draft: live.drafter?.index)
    }

    /// What it tells the coordinator now; it goes on telling while it has sequences.
    mutating func report(_ clock: inout FleetClock) -> TargetReport? {
        self.isReporting = !self.live.isEmpty
        if self.isReporting {
            clock.schedule(.report(target: self.index, life: self.life), after: Self.reporting)
        }
        return self.meter.report
    }

    // MARK: Failures

    /// A draft is gone: its sequences go on alone.
    ///
    /// - Returns: their requests.
    mutating func lose(draft: Int, _ clock: inout FleetClock) -> [Int] {
        var orphans: [Int] = []
        for index in self.live.values.indices where self.live.values[index].drafter?.index == draft {
            self.live.values[index].drafter = nil
            self.live.values[index].sequence.detachDraft()
            orphans.append(self.live.values[index].request)
        }
        if !orphans.isEmpty { self.step(&clock) }
        return orphans
    }

    mutating func fail() {
        self.stranded = self.live.values.map(\.request)
        self.isUp = false
        self.life += 1
        self.live = [:]
        self.passing = []
        self.meter = TargetMeter()
        self.alarm = .infinity
        self.isReporting = false
    }

    mutating func takeStranded() -> [Int] {
        defer { self.stranded = [] }
        return self.stranded
    }

    mutating func comeBack() { self.isUp = true }
}
