internal import DequeModule
internal import ForetokenWire
internal import Foundation
internal import Roles
public import Speculation

/// A whole fleet on a virtual clock: many sequences over many targets and drafts, with the code that decides live.
///
/// What members do is decided by `CoordinatorState`, `TargetState` and `DraftState`, the very values that the services
/// carry out over links and engines; this carries them out on a clock where only time is computed. Messages between draft
/// and target take the time of their distance; those of the coordinator take none. Equal plans with equal seeds give
/// equal results.
public struct FleetSimulation {
    public let plan: FleetPlan
    var texts: SequenceTexts
    var clock: FleetClock
    var coordinator: CoordinatorState
    var threads: VirtualThreads
    var targets: [VirtualTarget]
    var drafts: [VirtualDraft]
    private(set) var requests: [FleetRequest] = []
    var tally = FleetTally()
    /// What was brought to clients since the event began.
    private var commits: [Commit] = []
    /// Messages from and to the coordinator that have not arrived.
    var deliveries: Deque<Delivery> = []
    /// What the pass brought that committed the latest tokens of a request.
    var brought: [Int: Brought] = [:]
    /// Requests by the call that opens a sequence for them, and by the sequence.
    var opening: [UInt64: Int] = [:]
    var numbers: [UInt64: Int] = [:]
    /// Drafts by the sequence that they mirror.
    var drafters: [UInt64: Int] = [:]
    /// Memory for actions that are carried out.
    var targetActions: [TargetState.Action] = []
    var draftActions: [DraftState.Action] = []
    var coordinatorActions: [CoordinatorState.Action] = []
    /// Whether the coordinator hears what drafts measure, and may leave one out that does not pay.
    let hearsDrafts: Bool
    private var isBeating = false
    private var eventsWithoutToken = 0

    /// What a text has got.
    struct Commit {
        /// Index in the answer of the first token.
        var index: Int
        var count: Int
        var brought: Brought
    }

    /// What the pass brought.
    struct Brought {
        /// Draft tokens that it held and accepted, and whose they were.
        var candidates = 0
        var accepted = 0
        var draft: Int?
    }

    enum Delivery {
        case toCoordinator(Envelope.Body, call: UInt64, from: String)
        case toTarget(Int, Envelope.Body, call: UInt64)
        case toDraft(Int, Envelope.Body, call: UInt64)
    }

    static let coordinatorID = PeerID([0])
    private static let clientID = PeerID([1])
    static let heartbeat: Seconds = 0.5
    private static let tick: Seconds = 1.0 / 16
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
        self.texts = SequenceTexts(texts)
        self.clock = FleetClock(distances: plan.drafts.map(\.distance), seed: plan.seed)
        self.threads = VirtualThreads(plan)
        self.targets = plan.targets.indices.map {
            VirtualTarget(
                $0, plan.targets[$0], drafts: plan.drafts.count, endTokens: texts.endTokens,
                noise: PassNoise(spread: plan.passSpread, seed: plan.seed &+ UInt64($0)))
        }
        self.drafts = plan.drafts.indices.map {
            VirtualDraft(
                $0, plan.drafts[$0], draftRow: plan.draftRow, isOracle: contender?.isOracle ?? false,
                sharesThread: plan.sharesCores, targets: plan.targets.count)
        }
        self.hearsDrafts = contender == nil
        self.coordinator = CoordinatorState(
            targets: self.targets.map(\.address), drafts: self.drafts.map(\.address), heartbeat: Self.heartbeat,
            mostWaiting: .max)
        for target in self.targets { self.coordinator.reached(target.address, target.peer(on: self.threads), now: 0) }
        for draft in self.drafts { self.coordinator.reached(draft.address, draft.peer(on: self.threads), now: 0) }
        self.carryOutCoordinator()
        self.deliver()
        guard let contender else { return }
        let kind = Outlooks.Kind(rule: plan.rule, coupling: .gumbel)
        for index in self.drafts.indices {
            for target in self.targets {
                self.drafts[index].state.adopt(contender.make(), of: kind, for: target.address)
            }
        }
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
    mutating func write(_ text: Trace.Text, tell: (Commit, Seconds) -> Void) {
        self.texts.texts = FleetTexts(texts: [text], endTokens: self.texts.texts.endTokens)
        let number = self.requests.count
        self.requests.append(
            FleetRequest(
                client: 0, text: 0, promptTokens: 1, limit: text.tokens.count, arrivedAt: self.clock.now))
        self.clock.schedule(.arrival(request: number), after: 0)
        // To the last message, so that nothing of one text is met by the next.
        while let event = self.clock.next() {
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
    /// Requests that have had their last token, or were given up.
    public var finished: Int { self.tally.finished + self.tally.givenUp }

    /// Goes on by `events` events at most.
    ///
    /// - Returns: whether there is more to do.
    public mutating func advance(events: Int = .max) -> Bool {
        for _ in 0..<events {
            guard self.finished < self.plan.requests, self.eventsWithoutToken < Self.mostIdle,
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
        self.commits.removeAll(keepingCapacity: true)
        switch event {
        case .arrival(let request): self.arrive(request)
        case .passEnds(let target, let life): self.endPass(of: target, life)
        case .alarm(let target, let life): self.alarm(target, life)
        case .stepEnds(let draft, let life): self.endStep(of: draft, life)
        case .toTarget(let body, let route): self.hear(body, atTarget: route)
        case .toDraft(let body, let route): self.hear(body, atDraft: route)
        case .heartbeat: self.beat()
        case .tick: self.lookAtTheClock()
        case .targetFails(let index): self.failTarget(index)
        case .targetIsMissed(let index): self.missTarget(index)
        case .targetReturns(let index): self.returnTarget(index)
        case .draftFails(let index): self.failDraft(index)
        case .draftIsMissed(let index): self.missDraft(index)
        case .draftReturns(let index): self.returnDraft(index)
        }
        self.deliver()
    }

    // MARK: Time

    /// Whether anything is under way.
    private var isAtWork: Bool { self.finished < self.requests.count }

    private mutating func beat() {
        self.isBeating = self.isAtWork
        guard self.isBeating else { return }
        self.clock.schedule(.heartbeat, after: Self.heartbeat)
        self.exchangeHeartbeats()
    }

    private mutating func lookAtTheClock() {
        guard self.isAtWork else { return }
        self.clock.schedule(.tick, after: Self.tick)
        self.tickDrafts()
    }

    // MARK: Requests

    /// The next request of a client.
    private mutating func ask(client: Int, at instant: Seconds) {
        let number = self.requests.count
        guard number < self.plan.requests else { return }
        let text = number % self.texts.texts.texts.count
        let content = self.texts.texts.texts[text]
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

    mutating func exponential(mean: Seconds) -> Seconds {
        -mean * log(1 - self.clock.random.nextUnit())
    }

    private mutating func arrive(_ number: Int) {
        if number == self.plan.requests - 1 { self.tally.atLastArrival = self.snapshot }
        if !self.isBeating {
            self.isBeating = true
            self.clock.schedule(.heartbeat, after: Self.heartbeat)
            self.clock.schedule(.tick, after: Self.tick)
        }
        let request = Request(
            prompt: .tokens(FleetTexts.prompt(self.requests[number].promptTokens, of: number)),
            sampling: Sampling(temperature: 1), maxTokens: self.requests[number].limit, lookahead: self.plan.rule)
        self.coordinator.generate(
            request, client: Self.clientID, call: UInt64(number), timeoutMilliseconds: 0, now: self.clock.now)
        self.carryOutCoordinator()
        self.askLater()
    }

    /// What the coordinator sends a client.
    mutating func take(_ body: Envelope.Body, ofRequest number: Int) {
        switch body {
        case .committed(let committed): self.take(committed, ofRequest: number)
        case .status:
            // It was on too many targets when they were lost.
            self.tally.givenUp += 1
            self.askAgain(after: number)
        default: break
        }
    }

    private mutating func take(_ committed: Committed, ofRequest number: Int) {
        self.eventsWithoutToken = 0
        if self.requests[number].firstTokenAt == nil { self.requests[number].firstTokenAt = self.clock.now }
        let text = self.texts.texts.texts[self.requests[number].text]
        for (offset, piece) in committed.pieces.enumerated()
        where piece.token != text.tokens[committed.index + offset] { self.tally.mismatches += 1 }
        self.tally.mismatches += abs(committed.index - self.requests[number].committed)
        let count = committed.pieces.count
        self.requests[number].committed += count
        self.tally.tokens += count
        var brought = self.brought.removeValue(forKey: number) ?? Brought()
        brought.accepted = min(brought.accepted, count)
        self.tally.candidates += brought.candidates
        self.tally.accepted += brought.accepted
        if brought.candidates > 0 { self.tally.rounds += 1 }
        if let draft = brought.draft { self.drafts[draft].counts.accepted += brought.accepted }
        self.commits.append(Commit(index: committed.index, count: count, brought: brought))
        guard committed.finish != nil else { return }
        self.requests[number].finishedAt = self.clock.now
        self.tally.finished += 1
        self.askAgain(after: number)
    }

    private mutating func askAgain(after number: Int) {
        if case .clients = self.plan.load { self.ask(client: self.requests[number].client, at: self.clock.now) }
    }

    /// A target has a slot for a request.
    mutating func take(placed number: Int) -> FleetRequest {
        if self.requests[number].placedAt == nil { self.requests[number].placedAt = self.clock.now }
        return self.requests[number]
    }
}
