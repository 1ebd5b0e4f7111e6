import Roles

@testable import Speculation

/// A target's sequence and its mirror, joined by a channel that may lose, repeat, delay and reorder, on a virtual clock.
struct Simulation {
    struct Faults {
        var drop = 0.0
        var duplicate = 0.0
        /// Chance, at each event, that the draft is killed; it comes back after up to a second.
        var kill = 0.0
        /// One way, in seconds; each message takes its own.
        var delay: ClosedRange<Seconds> = 0.005...0.005
        /// Nothing of this happens behind this instant.
        var until: Seconds = .infinity
    }

    private enum Event {
        case message(Mirror.Message, life: Int)
        case verdict(Verdict, life: Int)
        case drafted(DraftOrder, [DraftedToken], behind: [Token], life: Int)
        case passed(TargetSequence.Pass)
        case attach
        /// Time to look again.
        case wake
    }

    static let draftToken: Seconds = 0.002
    static let pass: Seconds = 0.02

    let models: TinyModels
    let rule: LookaheadRule
    let faults: Faults
    private(set) var sequence: TargetSequence
    private(set) var pieces: [Piece] = []
    private(set) var now: Seconds = 1
    /// Accepted draft tokens at each instant of a verdict.
    private(set) var acceptances: [(at: Seconds, count: Int)] = []
    /// What should never happen: blocks refused, slots that do not hold what is fed on, gaps between pieces.
    private(set) var faultsSeen: [String] = []
    private(set) var kills = 0

    /// Whether the draft has time for branches.
    var isIdle = true

    private var mirror: Mirror?
    private var outlook = Outlook(isOverlapped: true)
    private var planner = StepPlanner(maxRows: 8, piece: 4)
    private var meter = TargetMeter()
    /// Number of the mirror: what was sent to or by an earlier one is lost.
    private var life = 0
    private var targetSlot: [Token] = []
    private var draftSlot: [Token] = []
    private var events: [(at: Seconds, order: Int, event: Event)] = []
    private var order = 0
    private var random: SplitMix64

    init(models: TinyModels, prompt: [Token], limit: Int, rule: LookaheadRule, faults: Faults, seed: UInt64) {
        self.models = models
        self.rule = rule
        self.faults = faults
        self.random = SplitMix64(seed: seed)
        self.sequence = TargetSequence(
            id: 1, prompt: prompt, endPosition: prompt.count + limit, vocabularySize: TinyModels.vocabularySize,
            now: self.now, rule: rule)
        self.schedule(.attach, after: 0)
        self.schedule(.wake, after: 0)
    }

    /// Runs to the end of the sequence.
    ///
    /// - Returns: whether it ended before there were too many events.
    mutating func run(most: Int = 20_000) -> Bool {
        for _ in 0..<most {
            guard self.sequence.finish == nil, let next = self.takeEvent() else { break }
            self.now = next.at
            self.handle(next.event)
            if self.mirror != nil && self.happens(self.faults.kill) { self.kill() }
            self.lookAround()
        }
        return self.sequence.finish != nil
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .message(let message, let life):
            guard life == self.life else { return }
            do {
                if let verdict = try self.sequence.receive(message, now: self.now) { self.send(verdict) }
            } catch {
                self.faultsSeen.append("\(error)")
            }
        case .verdict(let verdict, let life):
            guard life == self.life, self.mirror != nil else { return }
            for message in self.mirror!.receive(verdict, now: self.now) { self.send(message) }
            for round in self.mirror!.takeRounds() { self.outlook.learn(round) }
            if self.mirror!.isRunVoid { self.cancel() }
        case .drafted(let job, let tokens, let known, let life):
            guard life == self.life, self.mirror != nil else { return }
            self.draftSlot = self.fed(job.feed + tokens.dropLast().map(\.token), at: job.position, in: self.draftSlot)
            let seconds = Seconds(tokens.count) * Self.draftToken
            let message = self.mirror!.finishDrafting(
                tokens, seconds: seconds, now: self.now, in: self.outlook.context)
            guard let message else { return }
            if case .block(let block) = message,
                case let ground = (known + tokens.map(\.token)).prefix(block.position),
                block.fingerprint != Fingerprint.empty.appending(ground)
            {
                self.faultsSeen.append("a block does not stand on what it was drafted behind")
            }
            self.send(message)
        case .passed(let pass):
            self.settle(pass)
        case .attach:
            guard let lookahead = self.rule.makeLookahead() else { return }
            self.sequence.attachDraft()
            self.draftSlot = []
            self.mirror = Mirror(
                sequence: 1, tokens: self.sequence.history.tokens, endPosition: self.sequence.endPosition,
                lookahead: lookahead)
        case .wake:
            break
        }
    }

    /// What target and draft do on their own.
    private mutating func lookAround() {
        if let question = self.mirror?.tick(now: self.now) { self.send(.question(question)) }
        if let at = self.mirror?.nextTick { self.schedule(.wake, after: at - self.now) }
        let window =
            self.rule.isSynchronous ? Mirror.Window.synchronous : Mirror.Window(tokens: 24, isIdle: self.isIdle)
        if let job = self.mirror?.beginDrafting(in: &self.outlook.context, window: window) { self.draft(job) }
        let plan = self.planner.plan([self.sequence.standing()], self.meter, now: self.now)
        if let until = plan.wait {
            self.sequence.wait()
            self.schedule(.wake, after: until - self.now)
        } else if case .pass(let feed, let candidates) = plan.parts[0] {
            let pass = self.sequence.beginPass(now: self.now, feed: feed, candidates: candidates)
            self.targetSlot = self.fed(pass.feed + pass.candidates, at: pass.position, in: self.targetSlot)
            self.schedule(.passed(pass), after: Self.pass)
        }
    }

    private mutating func draft(_ job: DraftOrder) {
        let known = Array(self.draftSlot.prefix(job.position)) + job.feed
        let committed = self.mirror!.history.tokens
        if Array(known.prefix(committed.count)) != committed {
            self.faultsSeen.append("the draft's slot does not agree")
        }
        var drafted: [DraftedToken] = []
        while drafted.count < job.most,
            drafted.count < job.lead || job.lookahead.wantsMore(after: Array(drafted.dropFirst(job.lead)))
        {
            drafted.append(self.models.draft(known + drafted.map(\.token)))
        }
        self.schedule(
            .drafted(job, drafted, behind: known, life: self.life), after: Seconds(drafted.count) * Self.draftToken)
    }

    /// Ends drafting at once.
    private mutating func cancel() {
        for index in self.events.indices {
            guard case .drafted(let job, let tokens, let known, let life) = self.events[index].event, life == self.life
            else { continue }
            let left = Int((self.events[index].at - self.now) / Self.draftToken)
            self.events[index].at = self.now
            self.events[index].event = .drafted(job, Array(tokens.dropLast(left)), behind: known, life: life)
        }
    }

    private mutating func settle(_ pass: TargetSequence.Pass) {
        var walk: AcceptanceWalk?
        if pass.chooses {
            // As a model does it: row i sees what the slot holds up to it.
            let first = pass.position + pass.feed.count
            if Array(self.targetSlot.prefix(first)) != self.sequence.history.tokens {
                self.faultsSeen.append("the target's slot does not agree")
            }
            walk = AcceptanceWalk(candidates: pass.candidates, ends: { $0 == TinyModels.end }) { row in
                Choice(token: self.models.target(self.targetSlot.prefix(first + row)))
            }
        }
        let rows = pass.rowCount - pass.padding
        self.meter.learn(
            rows: rows, prefill: max(0, pass.feed.count - 1), tokens: walk?.choices.count ?? 0, seconds: Self.pass,
            now: self.now)
        let settlement = self.sequence.settle(
            pass, walk: walk, seconds: Self.pass, now: self.now, bytes: { _ in [] }, ends: { $0 == TinyModels.end })
        if settlement.index != self.pieces.count { self.faultsSeen.append("gap before \(settlement.index)") }
        self.pieces += settlement.pieces
        self.acceptances.append((self.now, settlement.pieces.filter { $0.origin == .accepted }.count))
        if let verdict = settlement.verdict { self.send(verdict) }
    }

    private mutating func fed(_ tokens: [Token], at position: Int, in slot: [Token]) -> [Token] {
        if position > slot.count { self.faultsSeen.append("rows missing before \(position)") }
        return Array(slot.prefix(position)) + tokens
    }

    private mutating func kill() {
        self.kills += 1
        self.life += 1
        self.mirror = nil
        // Now and then the target does not notice.
        if self.random.chance(0.5) { self.sequence.detachDraft() }
        self.schedule(.attach, after: .random(in: 0...1, using: &self.random))
    }

    // MARK: The channel

    private mutating func send(_ message: Mirror.Message) {
        var message = message
        self.outlook.sign(&message)
        self.send(.message(message, life: self.life))
    }

    private mutating func send(_ verdict: Verdict) { self.send(.verdict(verdict, life: self.life)) }

    private mutating func send(_ event: Event) {
        for _ in 0..<(self.happens(self.faults.duplicate) ? 2 : 1) where !self.happens(self.faults.drop) {
            let delay = self.now < self.faults.until ? self.faults.delay : 0.005...0.005
            self.schedule(event, after: .random(in: delay, using: &self.random))
        }
    }

    private mutating func happens(_ probability: Double) -> Bool {
        self.now < self.faults.until && self.random.chance(probability)
    }

    private mutating func schedule(_ event: Event, after delay: Seconds) {
        self.order += 1
        self.events.append((self.now + max(0, delay), self.order, event))
    }

    private mutating func takeEvent() -> (at: Seconds, order: Int, event: Event)? {
        guard
            let next = self.events.indices.min(by: { left, right in
                let (l, r) = (self.events[left], self.events[right])
                return (l.at, l.order) < (r.at, r.order)
            })
        else { return nil }
        let event = self.events.remove(at: next)
        if case .wake = event.event {
            // One look is enough for one instant.
            self.events.removeAll { if case .wake = $0.event { $0.at == event.at } else { false } }
        }
        return event
    }
}
