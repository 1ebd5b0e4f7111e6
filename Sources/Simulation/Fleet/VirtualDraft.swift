internal import ForetokenWire
internal import Roles
internal import Speculation

/// A draft on the virtual clock: what it does is decided by `DraftState`, what its model works on by `DraftBatch`; what it
/// guesses is what the trace says that it guessed.
struct VirtualDraft {
    struct Counts: Equatable {
        var tokens = 0
        var accepted = 0
        var steps = 0
        var busy: Seconds = 0
        /// Sequences that it had no slot for.
        var refused = 0
    }

    /// What the model is asked to do; it comes between two steps.
    enum Request {
        case begin(DraftOrder, DraftState.Run)
        case cancel(slot: Int)
        case empty(slot: Int)
    }

    /// What a slot is about.
    private struct Slot {
        var run: DraftState.Run?
        /// Position of the first token in it that the target did not write.
        var wrongAt: Int?
    }

    let index: Int
    let address: String
    let plan: FleetPlan.Draft
    private let draftRow: Double
    /// Whether it drafts just what will be accepted, whatever the rule.
    private let isOracle: Bool
    private let sharesThread: Bool
    var state: DraftState
    var counts = Counts()
    private(set) var isUp = true
    private(set) var life = 0
    private var batch: DraftBatch
    private var slots: [Slot]
    /// The step that runs.
    private var parts: [DraftBatch.Part] = []
    private var requests: [Request] = []
    /// When the last message to each target arrives, which the next does not overtake.
    var sentUntil: [Seconds]
    /// When each target last answered a heartbeat.
    var heardAt: [Seconds]

    /// Most rows of a step.
    private static let maxRows = 256

    init(_ index: Int, _ plan: FleetPlan.Draft, draftRow: Double, isOracle: Bool, sharesThread: Bool, targets: Int) {
        self.index = index
        self.address = "d\(index)"
        self.plan = plan
        self.draftRow = draftRow
        self.isOracle = isOracle
        self.state = Self.state(plan)
        self.sharesThread = sharesThread
        self.batch = Self.batch(sharesThread: sharesThread)
        self.slots = Array(repeating: Slot(), count: plan.slots)
        self.sentUntil = Array(repeating: 0, count: targets)
        self.heardAt = Array(repeating: -.infinity, count: targets)
    }

    private static func batch(sharesThread: Bool) -> DraftBatch {
        DraftBatch(maxRows: Self.maxRows, sharesThread: sharesThread)
    }

    private static func state(_ plan: FleetPlan.Draft) -> DraftState {
        DraftState(model: DraftModel(slots: plan.slots, contextLength: .max >> 8, vocabularySize: .max))
    }

    /// How it introduces itself; another life is another peer.
    func peer(on threads: VirtualThreads) -> Peer {
        Peer(
            role: .draft, name: "\(self.address).\(self.life)", model: threads.model(of: self.index, weights: 2),
            slots: self.plan.slots)
    }

    /// What targets know it by.
    var id: PeerID { Self.id(self.index, life: self.life) }

    static func id(_ index: Int, life: Int) -> PeerID {
        PeerID([
            UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: index >> 8), UInt8(truncatingIfNeeded: life),
        ])
    }

    // MARK: The model

    /// Hands the model a request; it is carried out between two steps.
    mutating func ask(_ request: Request) { self.requests.append(request) }

    /// Carries out what the model was asked for, unless a step runs.
    ///
    /// - Returns: what came of runs that were cancelled.
    mutating func carryOut(_ texts: SequenceTexts) -> [(run: DraftState.Run, outcome: DraftOutcome)] {
        guard self.parts.isEmpty, !self.requests.isEmpty else { return [] }
        var ended: [(run: DraftState.Run, outcome: DraftOutcome)] = []
        for request in self.requests {
            switch request {
            case .begin(let order, let run):
                self.end(run.slot, &ended)
                self.slots[run.slot] = Slot(run: run, wrongAt: self.wrongAt(order, run, texts))
                _ = self.batch.join(order, slot: run.slot)
            case .cancel(let slot):
                self.end(slot, &ended)
            case .empty(let slot):
                self.batch.empty(slot: slot)
                self.slots[slot].wrongAt = nil
            }
        }
        self.requests.removeAll(keepingCapacity: true)
        return ended
    }

    private mutating func end(
        _ slot: Int, _ ended: inout [(run: DraftState.Run, outcome: DraftOutcome)]
    ) {
        guard let outcome = self.batch.end(slot: slot), let run = self.slots[slot].run else { return }
        ended.append((run, outcome))
    }

    /// Where a slot goes wrong once it is fed.
    private func wrongAt(
        _ order: DraftOrder, _ run: DraftState.Run, _ texts: SequenceTexts
    ) -> Int? {
        let former = self.slots[run.slot]
        if former.run?.sequence == run.sequence, let wrong = former.wrongAt, wrong < order.position { return wrong }
        let offset = order.feed.indices.first {
            texts.isWrong(order.feed[$0], at: order.position + $0, of: run.sequence)
        }
        return offset.map { order.position + $0 }
    }

    // MARK: The step

    /// Whether there is something to step for, once what was asked for is carried out.
    var hasWork: Bool { !self.batch.isEmpty }

    /// Whether the next step follows at once on a shared thread.
    var goesOn: Bool { self.batch.goesOn }

    /// Begins a step, unless one runs or there is nothing to do.
    ///
    /// - Returns: how long it takes.
    mutating func beginStep(now: Seconds) -> Seconds? {
        guard self.parts.isEmpty, !self.batch.isEmpty else { return nil }
        self.parts = self.batch.beginStep(now: now)
        // Committed tokens are fed in about the time of one, unless they are many.
        let rows = self.parts.reduce(0) { $0 + ($1.feed.tokens.count > DraftOrder.mostFed ? $1.feed.tokens.count : 1) }
        self.counts.steps += 1
        let seconds = self.plan.costs.draftToken * (1 + self.draftRow * Double(rows - 1))
        self.counts.busy += seconds
        return seconds
    }

    /// Ends the step that runs.
    ///
    /// - Returns: what came of the runs that are done.
    mutating func endStep(
        _ texts: SequenceTexts, now: Seconds
    ) -> [(run: DraftState.Run, outcome: DraftOutcome)] {
        for (index, part) in self.parts.enumerated() where part.feed.isChosenBehind {
            let token = self.choose(part, texts)
            if token != nil { self.counts.tokens += 1 }
            self.batch.take(token, ofPart: index, isEnd: token.map { texts.isEnd($0.token) } ?? true)
        }
        self.parts.removeAll(keepingCapacity: true)
        return self.batch.endStep(now: now).compactMap { slot, outcome in
            self.slots[slot].run.map { ($0, outcome) }
        }
    }

    private mutating func choose(_ part: DraftBatch.Part, _ texts: SequenceTexts) -> DraftedToken? {
        guard let sequence = self.slots[part.slot].run?.sequence else { return nil }
        let position = part.position
        let wrong = self.slots[part.slot].wrongAt
        let isRight = wrong == nil && texts.isRight(at: position, of: sequence)
        if self.isOracle, !isRight { return nil }
        guard let token = texts.guess(at: position, wrong: wrong, of: sequence) else { return nil }
        if wrong == nil, !isRight { self.slots[part.slot].wrongAt = position }
        return token
    }

    // MARK: Failures

    mutating func fail() {
        self.isUp = false
        self.life += 1
        self.state = Self.state(self.plan)
        self.batch = Self.batch(sharesThread: self.sharesThread)
        self.slots = self.slots.map { _ in Slot() }
        self.parts = []
        self.requests = []
        self.sentUntil = self.sentUntil.map { _ in 0 }
        self.heardAt = self.heardAt.map { _ in -.infinity }
    }

    mutating func comeBack() { self.isUp = true }
}
