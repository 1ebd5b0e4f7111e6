internal import ForetokenWire

@testable import Roles
@testable import Speculation

/// A target and a draft as their services are, joined by a channel that may lose, repeat, delay and reorder, on a
/// virtual clock. Both models keep what is in their slots, so that rows which are not there are noticed.
struct PairSimulation {
    struct Faults {
        var drop = 0.0
        var duplicate = 0.0
        /// Chance, at each event, that the draft's process dies; it comes back after up to a second.
        var kill = 0.0
        /// Chance that a pass or a step fails.
        var failure = 0.0
        /// One way, in seconds; each message takes its own.
        var delay: ClosedRange<Seconds> = 0.005...0.005
    }

    private enum Event {
        case toTarget(Envelope.Body, life: Int)
        case toDraft(Envelope.Body, life: Int)
        case passed([TargetState.Part], fails: Bool)
        case stepped([DraftBatch.Part], life: Int, fails: Bool)
        case alarm
        case tick
        case draftComes
        case assign(UInt64)
    }

    /// What waits for the end of a step of the draft's model.
    private enum Command {
        case begin(DraftOrder, DraftState.Run)
        case cancel(Int)
        case empty(Int)
    }

    static let owner = PeerID([1])
    static let targetSlots = 3
    static let draftSlots = 2

    let story: Story
    let rule: LookaheadRule
    let faults: Faults
    let prompts: [[Token]]
    private let limit: Int
    private(set) var now: Seconds = 1
    private(set) var target: TargetState
    private(set) var draft: DraftState?
    /// What was streamed for each prompt, and how it ended.
    private(set) var texts: [[Token]]
    private(set) var finishes: [FinishReason?]
    private(set) var accepted = 0
    private(set) var declined = 0
    private(set) var kills = 0
    private(set) var failures = 0
    /// What should never happen.
    private(set) var faultsSeen: [String] = []

    private var calls: [UInt64: Int] = [:]
    private var numbers: UInt64 = 0
    private var opened: [UInt64: Int] = [:]
    private var next = 0
    private var targetSlots: [[Token]]
    private var draftSlots: [[Token]] = []
    private var batch = DraftBatch(maxRows: 16)
    private var runs: [Int: DraftState.Run] = [:]
    private var commands: [Command] = []
    private var isStepping = false
    private var life = 0
    private var events: [(at: Seconds, order: Int, event: Event)] = []
    private var order = 0
    private var random: SplitMix64
    private var targetActions: [TargetState.Action] = []
    private var draftActions: [DraftState.Action] = []

    init(story: Story, prompts: [[Token]], limit: Int, rule: LookaheadRule, faults: Faults, seed: UInt64) {
        (self.story, self.rule, self.faults, self.prompts, self.limit) = (story, rule, faults, prompts, limit)
        self.random = SplitMix64(seed: seed)
        self.texts = Array(repeating: [], count: prompts.count)
        self.finishes = Array(repeating: nil, count: prompts.count)
        self.targetSlots = Array(repeating: [], count: Self.targetSlots)
        self.target = TargetState(
            model: TargetModel(
                slots: Self.targetSlots, maxRows: 24, contextLength: 400, vocabularySize: Story.vocabularySize,
                endOfGeneration: [Story.end]))
        self.schedule(.draftComes, after: 0)
        self.schedule(.tick, after: 0)
    }

    private var draftID: PeerID { PeerID([2, UInt8(truncatingIfNeeded: self.life)]) }
    private var draftName: String { "draft \(self.life)" }

    var isOver: Bool { !self.finishes.contains(nil) }

    /// Runs until all texts are written.
    ///
    /// - Returns: whether they were before there were too many events.
    mutating func run(most: Int = 60_000) -> Bool {
        for _ in 0..<most {
            guard !self.isOver, let event = self.takeEvent() else { break }
            self.handle(event)
            if self.draft != nil, self.random.chance(self.faults.kill) { self.kill() }
            self.openMore()
            self.carryOut()
        }
        return self.isOver
    }

    /// As many texts at once as the target has slots.
    private mutating func openMore() {
        while self.next < self.prompts.count, self.calls.count < Self.targetSlots {
            self.open(self.next)
            self.next += 1
        }
    }

    private mutating func open(_ text: Int) {
        self.numbers += 1
        self.calls[self.numbers] = text
        var request = Request(prompt: .tokens(self.prompts[text]), maxTokens: self.limit)
        request.committed = self.texts[text]
        self.target.open(
            OpenRequest(request: request, draft: self.draft == nil ? "" : self.draftName, lookahead: self.rule),
            for: Call(owner: Self.owner, number: self.numbers))
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .toTarget(let body, let life):
            guard life == self.life else { return }
            switch body {
            case .block(let block): self.target.hear(.block(block), ofBytes: 1, from: self.draftID, now: self.now)
            case .question(let asked): self.target.hear(.question(asked), ofBytes: 1, from: self.draftID, now: self.now)
            case .abstention(let word):
                self.target.hear(.abstention(word), ofBytes: 1, from: self.draftID, now: self.now)
            case .release(let release): self.target.decline(release.sequence, by: self.draftID, now: self.now)
            default: self.faultsSeen.append("a draft sends \(body)")
            }
        case .toDraft(let body, let life):
            guard life == self.life else { return }
            switch body {
            case .mirror(let request): self.draft?.mirror(request, of: "target")
            case .verdict(let verdict): self.draft?.hear(verdict, from: "target", now: self.now)
            case .release(let release): self.draft?.release(release.sequence, of: "target")
            default: self.faultsSeen.append("a target sends \(body)")
            }
        case .passed(let parts, let fails): self.endPass(parts, fails: fails)
        case .stepped(let parts, let life, let fails):
            if life == self.life { self.endStep(parts, fails: fails) }
        case .alarm: self.target.alarm(now: self.now)
        case .tick:
            self.draft?.tick(now: self.now)
            self.draft?.heard(roundTrip: 0.01, self.target.report, from: "target", now: self.now)
            self.schedule(.tick, after: 1.0 / 16)
        case .draftComes:
            self.draft = DraftState(
                model: DraftModel(slots: Self.draftSlots, contextLength: 400, vocabularySize: Story.vocabularySize))
            self.draft!.attach("target", for: Call(owner: Self.owner, number: 0), now: self.now)
            self.draft!.reached("target")
            self.draftSlots = Array(repeating: [], count: Self.draftSlots)
            for sequence in self.opened.keys.sorted() { self.assign(sequence) }
        case .assign(let sequence):
            if self.draft != nil, self.opened[sequence] != nil { self.assign(sequence) }
        }
    }

    private mutating func assign(_ sequence: UInt64) {
        let (name, peer) = (self.draftName, self.draftID)
        self.target.assign(
            AssignRequest(sequence: sequence, draft: name), for: Call(owner: Self.owner, number: 0), now: self.now,
            peer: { $0 == name ? peer : nil })
    }

    private mutating func kill() {
        self.kills += 1
        let peer = self.draftID
        self.life += 1
        self.draft = nil
        (self.batch, self.runs, self.commands, self.isStepping) = (DraftBatch(maxRows: 16), [:], [], false)
        self.target.lose(peer, now: self.now)
        self.schedule(.draftComes, after: .random(in: 0...1, using: &self.random))
    }

    // MARK: What they do

    private mutating func carryOut() {
        while true {
            if self.target.takeActions(&self.targetActions) {
                for action in self.targetActions { self.carryOut(action) }
            } else if self.draft?.takeActions(&self.draftActions) == true {
                for action in self.draftActions { self.carryOut(action) }
            } else {
                break
            }
        }
        self.beginStep()
    }

    private mutating func carryOut(_ action: TargetState.Action) {
        switch action {
        case .prepare(let prompt, _, _, let ticket):
            guard case .tokens(let tokens) = prompt else { return }
            let (name, peer) = (self.draftName, self.draftID)
            self.target.prepared(
                ticket, .success(PreparedPrompt(tokens: tokens, stop: .none)), now: self.now,
                peer: { $0 == name ? peer : nil })
        case .run(let parts):
            self.schedule(.passed(parts, fails: self.random.chance(self.faults.failure)), after: 0.02)
        case .send(let body, let peer, let call):
            if peer == Self.owner {
                self.receive(body, call)
            } else if peer == self.draftID {
                self.send(.toDraft(body, life: self.life))
            }
        case .empty(let slot): self.targetSlots[slot] = []
        case .wake(let instant): self.schedule(.alarm, after: instant - self.now)
        case .forget, .log: break
        }
    }

    /// What the owner of all calls hears.
    private mutating func receive(_ body: Envelope.Body, _ call: UInt64) {
        guard let text = self.calls[call] else { return }
        switch body {
        case .opened(let opened): self.opened[opened.sequence] = text
        case .committed(let committed):
            if committed.index != self.texts[text].count { self.faultsSeen.append("a gap in text \(text)") }
            self.texts[text] += committed.pieces.map(\.token)
            self.accepted += committed.pieces.count { $0.origin == .accepted }
            guard let finish = committed.finish else { return }
            self.finishes[text] = finish
            self.close(call, text)
        case .assign(let news):
            self.declined += 1
            self.schedule(.assign(news.sequence), after: 0.2)
        case .status(let status):
            // A pass has failed: the text goes on where it stopped.
            if status.code != .internalError { self.faultsSeen.append("\(status)") }
            self.close(call, text)
            self.open(text)
        default: break
        }
    }

    private mutating func close(_ call: UInt64, _ text: Int) {
        self.calls[call] = nil
        self.opened = self.opened.filter { $0.value != text }
    }

    private mutating func endPass(_ parts: [TargetState.Part], fails: Bool) {
        if fails {
            self.failures += 1
            for part in parts { self.targetSlots[part.entry.slot] = [] }
            return self.target.passEnded(.failure(Status(.internalError, "it failed")), now: self.now)
        }
        for part in parts {
            guard let source = part.entry.source else { continue }
            if self.targetSlots[source.slot].count < source.count { self.faultsSeen.append("a copy of too little") }
            self.targetSlots[part.entry.slot] = Array(self.targetSlots[source.slot].prefix(source.count))
        }
        let walks = parts.map { part -> AcceptanceWalk? in
            let (slot, pass) = (part.entry.slot, part.entry.pass)
            self.targetSlots[slot] = self.fed(pass.feed, at: pass.position, in: self.targetSlots[slot])
            // As a model does it: a row sees what the slot holds up to it.
            let ground = self.targetSlots[slot]
            self.targetSlots[slot] += pass.candidates
            guard pass.chooses else { return nil }
            return AcceptanceWalk(candidates: pass.candidates, ends: { $0 == Story.end }) { row in
                Choice(token: self.story.target(ground + pass.candidates.prefix(row)))
            }
        }
        self.target.passEnded(.success(PassOutcome(walks: walks, seconds: 0.02)), now: self.now)
    }

    private mutating func fed(_ tokens: [Token], at position: Int, in slot: [Token]) -> [Token] {
        if position > slot.count { self.faultsSeen.append("rows are missing before \(position)") }
        return slot.prefix(position) + tokens
    }

    private mutating func carryOut(_ action: DraftState.Action) {
        switch action {
        case .begin(let order, let run, _): self.commands.append(.begin(order, run))
        case .cancel(let slot): self.commands.append(.cancel(slot))
        case .empty(let slot): self.commands.append(.empty(slot))
        case .send(let body, _): self.send(.toTarget(body, life: self.life))
        case .answer, .connect, .disconnect, .log: break
        }
        if !self.isStepping { self.obey() }
    }

    /// Does what came while the draft's model was in a step.
    private mutating func obey() {
        let commands = self.commands
        self.commands = []
        for command in commands {
            switch command {
            case .begin(let order, let run):
                self.end(run.slot)
                guard let position = self.batch.join(order, slot: run.slot) else {
                    self.draft?.runEnded(run, nil, now: self.now)
                    continue
                }
                if position > self.draftSlots[run.slot].count { self.faultsSeen.append("the draft's rows are missing") }
                self.draftSlots[run.slot] = Array(self.draftSlots[run.slot].prefix(position))
                self.runs[run.slot] = run
            case .cancel(let slot): self.end(slot)
            case .empty(let slot):
                guard !self.batch.isBusy(slot: slot) else { continue }
                self.batch.empty(slot: slot)
                self.draftSlots[slot] = []
            }
        }
    }

    private mutating func end(_ slot: Int) {
        guard let outcome = self.batch.end(slot: slot) else { return }
        self.draft?.runEnded(self.runs.removeValue(forKey: slot)!, outcome, now: self.now)
    }

    private mutating func beginStep() {
        guard self.draft != nil, !self.isStepping, !self.batch.isEmpty else { return }
        self.isStepping = true
        let fails = self.random.chance(self.faults.failure)
        self.schedule(.stepped(self.batch.beginStep(now: self.now), life: self.life, fails: fails), after: 0.002)
    }

    private mutating func endStep(_ parts: [DraftBatch.Part], fails: Bool) {
        self.isStepping = false
        if fails {
            self.failures += 1
            for slot in self.batch.failStep() {
                self.draftSlots[slot] = []
                self.draft?.runEnded(self.runs.removeValue(forKey: slot)!, nil, now: self.now)
            }
        } else {
            for (index, part) in parts.enumerated() {
                self.draftSlots[part.slot] += part.feed.tokens
                if self.draftSlots[part.slot].count != part.feed.position + part.feed.tokens.count {
                    self.faultsSeen.append("a draft's rows are not where they belong")
                }
                guard part.feed.isChosenBehind else { continue }
                let token = self.story.draft(self.draftSlots[part.slot])
                self.batch.take(token, ofPart: index, isEnd: token.token == Story.end)
            }
            for (slot, outcome) in self.batch.endStep(now: self.now) {
                self.draft?.runEnded(self.runs.removeValue(forKey: slot)!, outcome, now: self.now)
            }
        }
        self.obey()
    }

    // MARK: The channel

    private mutating func send(_ event: Event) {
        for _ in 0..<(self.random.chance(self.faults.duplicate) ? 2 : 1) where !self.random.chance(self.faults.drop) {
            self.schedule(event, after: .random(in: self.faults.delay, using: &self.random))
        }
    }

    private mutating func schedule(_ event: Event, after delay: Seconds) {
        self.order += 1
        self.events.append((self.now + max(0, delay), self.order, event))
    }

    private mutating func takeEvent() -> Event? {
        guard
            let next = self.events.indices.min(by: {
                (self.events[$0].at, self.events[$0].order) < (self.events[$1].at, self.events[$1].order)
            })
        else { return nil }
        let event = self.events.remove(at: next)
        self.now = event.at
        return event.event
    }
}
