internal import DequeModule
internal import Foundation
internal import OrderedCollections
internal import Roles
public import Speculation

/// A whole fleet on a virtual clock: many sequences over many targets and drafts, with the code that decides live.
///
/// What is decided is decided by `TargetSequence`, `StepPlanner` and `Waiting` at the targets, by `Mirror`, `Outlooks`
/// and the rule at the drafts, and by `Placement` and `Market` at the coordinator; this carries it out as the services
/// do, and only time is computed. Equal plans with equal seeds give equal results.
public struct FleetSimulation {
    public let plan: FleetPlan
    private var texts: FleetTexts
    private var clock: FleetClock
    private(set) var targets: [SimulatedTarget]
    private(set) var drafts: [SimulatedDraft]
    private(set) var requests: [FleetRequest] = []
    private(set) var tally = FleetTally()
    /// What the latest pass that ended has brought.
    private var commits: [SimulatedTarget.Commit] = []

    // What the coordinator knows.
    private var targetPlaces: [Placement.Occupancy]
    private var draftPlaces: [Placement.Occupancy]
    private var market = Market()
    private var waiting: Deque<Int> = []
    /// Requests that want a draft and have none.
    private var draftless: OrderedSet<Int> = []
    private var sequences: UInt64 = 0
    private var eventsWithoutToken = 0

    /// A second without an answer, and three quarters of another, and a member is missed.
    private static let detection: Seconds = 1.75
    /// Events in a row that bring no token, after which nothing will.
    private static let mostIdle = 20_000_000

    /// - Parameters:
    ///   - texts: what the requests ask for, in turn; at least one, none of them empty.
    ///   - endTokens: with which a text ends.
    public init(_ plan: FleetPlan, texts: [Trace.Text], endTokens: Set<Token>) {
        precondition(!texts.isEmpty && texts.allSatisfy { !$0.tokens.isEmpty }, "a fleet writes texts")
        self.init(plan, texts: FleetTexts(texts: texts, endTokens: endTokens), contender: nil)
        self.begin()
    }

    /// A fleet of which nothing is asked yet.
    ///
    /// - Parameter contender: in whose place the plan's rule stands.
    private init(_ plan: FleetPlan, texts: FleetTexts, contender: Contender?) {
        self.plan = plan
        self.texts = texts
        self.clock = FleetClock(distances: plan.drafts.map(\.distance), seed: plan.seed)
        self.targets = plan.targets.indices.map {
            SimulatedTarget($0, plan.targets[$0], rule: plan.rule, texts: texts)
        }
        self.drafts = plan.drafts.indices.map {
            SimulatedDraft(
                $0, plan.drafts[$0], rule: plan.rule, draftRow: plan.draftRow, contender: contender,
                targets: plan.targets.count, texts: texts)
        }
        self.targetPlaces = plan.targets.map { Placement.Occupancy(slots: $0.slots) }
        self.draftPlaces = plan.drafts.map { Placement.Occupancy(slots: $0.slots) }
    }

    /// One target, one draft, and one sequence at a time.
    init(replaying contender: Contender, costs: Costs, distance: Distance, endTokens: Set<Token>, seed: UInt64) {
        var plan = FleetPlan(
            targets: [.init(costs: costs, slots: 1)], drafts: [.init(costs: costs, slots: 1, distance: distance)],
            rule: contender.rule, load: .clients(1), requests: 0, maxTokens: .max)
        (plan.draftRow, plan.seed) = (0, seed)
        self.init(plan, texts: FleetTexts(texts: [], endTokens: endTokens), contender: contender)
    }

    /// Between the draft and the target that replay.
    var distance: Distance {
        get { self.clock.distances[0] }
        set { self.clock.distances[0] = newValue }
    }

    /// Writes a text from its beginning to its end, with whatever the members learned from those before it.
    ///
    /// - Parameter tell: takes what each pass brought, and when it ended.
    mutating func write(_ text: Trace.Text, tell: (SimulatedTarget.Commit, Seconds) -> Void) {
        self.texts = FleetTexts(texts: [text], endTokens: self.texts.endTokens)
        for index in self.targets.indices { self.targets[index].texts = self.texts }
        for index in self.drafts.indices { self.drafts[index].texts = self.texts }
        let number = self.requests.count
        self.requests.append(
            FleetRequest(
                client: 0, text: 0, promptTokens: 1, limit: text.tokens.count, arrivedAt: self.clock.now))
        self.clock.schedule(.arrival(request: number), after: 0)
        // To the last message, so that nothing of one text is met by the next.
        while let event = self.clock.next() {
            self.commits.removeAll(keepingCapacity: true)
            self.handle(event)
            for commit in self.commits { tell(commit, self.clock.now) }
        }
    }

    private mutating func begin() {
        switch self.plan.load {
        case .clients(let count):
            for client in 0..<min(count, self.plan.requests) { self.ask(client: client, at: 0) }
        case .rate:
            self.askLater()
        }
        guard let failures = self.plan.failures else { return }
        for index in self.targets.indices { self.failLater(.targetFails(index), failures.betweenTargets) }
        for index in self.drafts.indices { self.failLater(.draftFails(index), failures.betweenDrafts) }
    }

    public var now: Seconds { self.clock.now }
    public var finished: Int { self.tally.finished }

    /// Goes on by so many events at most.
    ///
    /// - Returns: whether there is more to do.
    public mutating func advance(events: Int = .max) -> Bool {
        for _ in 0..<events {
            guard self.tally.finished < self.plan.requests, self.eventsWithoutToken < Self.mostIdle,
                let event = self.clock.next()
            else { return false }
            self.eventsWithoutToken += 1
            self.handle(event)
        }
        return true
    }

    /// What came of it so far.
    public var result: FleetResult {
        FleetResult(
            self.plan, self.tally, self.requests, events: self.clock.count, seconds: self.clock.now,
            now: self.snapshot)
    }

    private var snapshot: FleetSnapshot {
        FleetSnapshot(at: self.clock.now, targets: self.targets.map(\.counts), drafts: self.drafts.map(\.counts))
    }

    private mutating func handle(_ event: FleetEvent) {
        switch event {
        case .arrival(let request):
            self.arrive(request)
        case .passEnds(let target, let life):
            guard self.targets[target].life == life else { return }
            self.commits = self.targets[target].endPass(&self.clock)
            for commit in self.commits { self.take(commit) }
        case .alarm(let target, let life):
            guard self.targets[target].life == life else { return }
            self.targets[target].ring(&self.clock)
        case .report(let target, let life):
            guard self.targets[target].life == life else { return }
            self.report(target)
        case .stepEnds(let draft, let life):
            guard self.drafts[draft].life == life else { return }
            self.drafts[draft].endStep(&self.clock)
        case .tick(let draft, let life):
            guard self.drafts[draft].life == life else { return }
            self.drafts[draft].tick(&self.clock)
        case .message(let message, let target, let targetLife, let draft, let life):
            guard self.targets[target].life == targetLife, self.drafts[draft].life == life else { return }
            self.targets[target].receive(message, from: .init(index: draft, life: life), &self.clock)
        case .verdict(let verdict, let draft, let life):
            guard self.drafts[draft].life == life else { return }
            self.drafts[draft].receive(verdict, &self.clock)
        case .mirror(let order, let draft, let life):
            guard self.drafts[draft].life == life else { return }
            self.drafts[draft].mirror(order, &self.clock)
        case .release(let sequence, let draft, let life):
            guard self.drafts[draft].life == life else { return }
            self.drafts[draft].release(sequence)
        case .targetFails(let index): self.failTarget(index)
        case .targetIsMissed(let index): self.missTarget(index)
        case .targetReturns(let index): self.returnTarget(index)
        case .draftFails(let index): self.failDraft(index)
        case .draftIsMissed(let index): self.missDraft(index)
        case .draftReturns(let index): self.returnDraft(index)
        }
    }
}

// MARK: - Requests

extension FleetSimulation {
    /// The next request of a client.
    private mutating func ask(client: Int, at instant: Seconds) {
        let number = self.requests.count
        guard number < self.plan.requests else { return }
        let text = number % self.texts.texts.count
        let content = self.texts.texts[text]
        self.requests.append(
            FleetRequest(
                client: client, text: text, promptTokens: max(1, self.plan.promptTokens ?? content.promptTokens),
                limit: max(1, min(self.plan.maxTokens, content.tokens.count)), arrivedAt: instant))
        self.clock.schedule(.arrival(request: number), at: instant)
    }

    /// The next request of anybody.
    private mutating func askLater() {
        guard case .rate(let rate) = self.plan.load else { return }
        self.ask(client: self.requests.count, at: self.clock.now + self.exponential(mean: 1 / rate))
    }

    private mutating func exponential(mean: Seconds) -> Seconds {
        -mean * log(1 - self.clock.random.nextUnit())
    }

    private mutating func arrive(_ number: Int) {
        if number == self.plan.requests - 1 { self.tally.atLastArrival = self.snapshot }
        self.waiting.append(number)
        self.place()
        self.askLater()
    }

    /// Gives waiting requests to targets with free slots, first come first served.
    private mutating func place() {
        while let number = self.waiting.first {
            guard let target = Self.choose(self.targetPlaces) else { return }
            self.waiting.removeFirst()
            let draft = self.plan.rule == .off ? nil : Self.choose(self.draftPlaces)
            self.targetPlaces[target].sequences += 1
            if let draft { self.draftPlaces[draft].sequences += 1 }
            self.sequences += 1
            self.requests[number].place = .init(sequence: self.sequences, target: target, draft: draft)
            if self.requests[number].placedAt == nil { self.requests[number].placedAt = self.clock.now }
            self.targets[target].open(
                self.sequences, self.requests[number], number: number, drafter: self.drafter(draft), &self.clock)
            if draft == nil, self.plan.rule != .off { self.draftless.append(number) }
            self.assignDrafts()
        }
    }

    private static func choose(_ places: [Placement.Occupancy]) -> Int? {
        Placement.choose(among: places.indices.lazy.map { (key: $0, occupancy: places[$0]) })
    }

    private func drafter(_ index: Int?) -> SimulatedTarget.Drafter? {
        index.map { .init(index: $0, life: self.drafts[$0].life) }
    }

    /// Gives drafts to sequences that want one and have none.
    private mutating func assignDrafts() {
        while let number = self.draftless.first, let draft = Self.choose(self.draftPlaces) {
            self.draftless.removeFirst()
            guard let place = self.requests[number].place else { continue }
            self.requests[number].place!.draft = draft
            self.draftPlaces[draft].sequences += 1
            self.targets[place.target].assign(place.sequence, to: self.drafter(draft), &self.clock)
        }
    }

    /// Gives a request's places back.
    private mutating func displace(_ number: Int) {
        guard let place = self.requests[number].place else { return }
        self.targetPlaces[place.target].sequences -= 1
        if let draft = place.draft { self.draftPlaces[draft].sequences -= 1 } else { self.draftless.remove(number) }
        self.requests[number].place = nil
    }

    private mutating func take(_ commit: SimulatedTarget.Commit) {
        self.eventsWithoutToken = 0
        let number = commit.request
        if self.requests[number].firstTokenAt == nil { self.requests[number].firstTokenAt = self.clock.now }
        self.tally.mismatches += commit.mismatches + abs(commit.index - self.requests[number].committed)
        self.requests[number].committed += commit.count
        self.tally.tokens += commit.count
        self.tally.candidates += commit.candidates
        self.tally.accepted += commit.accepted
        if commit.candidates > 0 { self.tally.rounds += 1 }
        if let draft = commit.draft { self.drafts[draft].counts.accepted += commit.accepted }
        guard commit.isFinished else { return }
        self.requests[number].finishedAt = self.clock.now
        self.tally.finished += 1
        self.displace(number)
        if case .clients = self.plan.load { self.ask(client: self.requests[number].client, at: self.clock.now) }
        self.place()
    }

    /// Takes what a target has measured, and tells the drafts that do not know it yet.
    private mutating func report(_ target: Int) {
        guard let report = self.targets[target].report(&self.clock) else { return }
        let name = "target \(target)"
        self.market.take(report, of: name)
        for draft in self.drafts.indices where self.draftPlaces[draft].slots > 0 {
            self.drafts[draft].take(report, of: target, now: self.clock.now)
        }
    }
}

// MARK: - Failures

extension FleetSimulation {
    private mutating func failLater(_ event: FleetEvent, _ between: Seconds) {
        guard between.isFinite else { return }
        self.clock.schedule(event, after: self.exponential(mean: between))
    }

    private var outage: Seconds { self.plan.failures?.outage ?? 0 }

    private mutating func failTarget(_ index: Int) {
        self.tally.targetsLost += 1
        self.targets[index].fail()
        // One that comes back is known by another name.
        self.clock.schedule(.targetIsMissed(index), after: min(Self.detection, self.outage))
        self.clock.schedule(.targetReturns(index), after: self.outage)
    }

    /// The coordinator and the drafts notice that a target is gone: its requests go on elsewhere, before all others.
    private mutating func missTarget(_ index: Int) {
        self.targetPlaces[index].slots = 0
        self.market.lose(target: "target \(index)")
        for draft in self.drafts.indices { self.drafts[draft].releaseAll(of: index) }
        for number in self.targets[index].takeStranded().reversed() {
            self.displace(number)
            self.tally.reopened += 1
            self.waiting.prepend(number)
        }
        self.place()
    }

    private mutating func returnTarget(_ index: Int) {
        self.targets[index].comeBack()
        self.targetPlaces[index].slots = self.plan.targets[index].slots
        self.failLater(.targetFails(index), self.plan.failures?.betweenTargets ?? .infinity)
        self.place()
    }

    private mutating func failDraft(_ index: Int) {
        self.tally.draftsLost += 1
        self.drafts[index].fail()
        self.clock.schedule(.draftIsMissed(index), after: min(Self.detection, self.outage))
        self.clock.schedule(.draftReturns(index), after: self.outage)
    }

    /// Coordinator and targets notice that a draft is gone: others take over, where there are any.
    private mutating func missDraft(_ index: Int) {
        self.draftPlaces[index] = Placement.Occupancy(slots: 0)
        self.market.lose(draft: "\(index)")
        for target in self.targets.indices {
            for number in self.targets[target].lose(draft: index, &self.clock) {
                self.requests[number].place?.draft = nil
                self.draftless.append(number)
            }
        }
        self.assignDrafts()
    }

    private mutating func returnDraft(_ index: Int) {
        self.draftPlaces[index].slots = self.plan.drafts[index].slots
        self.failLater(.draftFails(index), self.plan.failures?.betweenDrafts ?? .infinity)
        self.assignDrafts()
    }
}
