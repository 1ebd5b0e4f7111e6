public import ForetokenWire
internal import OrderedCollections
public import Speculation

/// What a target decides: which sequences it holds and in which slots, what its next pass takes, what it tells their
/// drafts and their owners.
///
/// A value that knows no thread, no link and no clock. Whoever owns it tells it what happens and when, and carries out
/// the actions that it leaves behind: the live service over links and an engine, the simulated fleet on a virtual clock.
/// Carrying an action out may be the cause of the next event, so actions are taken out before they are carried out:
///
///     while state.takeActions(&actions) { for action in actions { … } }
public struct TargetState: Sendable {
    /// One sequence and whom it concerns.
    struct Live {
        var sequence: TargetSequence
        let slot: Int
        /// Where the sequence's first tokens are to be copied from with its first pass.
        var origin: Origin?
        let call: Call
        let sampler: Sampler
        let sendsScores: Bool
        /// How many of the most probable tokens are sent with the log-probability of each; `nil`: neither.
        let likelihoods: Int?
        /// As the coordinator gave it.
        let rule: LookaheadRule
        /// Whether its draft computes on this target's cores.
        var takesTurns = false
        /// As the draft goes by it.
        var lookahead: LookaheadRule { self.rule.inTurns(self.takesTurns) }
        var draft: PeerID?
        /// Drafts that had it before: what they still send is late, and no more than that.
        var formerDrafts: Set<PeerID> = []
        /// The number of the owner's call that gave it its draft, on which the owner is told that it has none.
        var assigning: UInt64
        /// When the owner was last told the statistics.
        var toldStatisticsAt: Seconds
        let names: RequestNames
    }

    struct Origin {
        var sequence: UInt64
        var source: SlotSource
    }

    /// A request whose prompt is being tokenized.
    struct Opening {
        let request: OpenRequest
        /// Size of the message that brought it.
        let bytes: Int
        /// `nil`: nobody wants it any more, but it is not off the desk yet.
        var call: Call?
    }

    let model: TargetModel
    let patience: Patience
    var slots: SlotPool
    var planner: StepPlanner
    var meter = TargetMeter()
    /// The oldest first.
    var live: OrderedDictionary<UInt64, Live> = [:]
    /// Requests whose prompts are tokenized, by ticket.
    var openings: OrderedDictionary<UInt64, Opening> = [:]
    var openingBytes = 0
    /// What sequences have learned of their drafts' blocks, for the next ones.
    var waitings = Waitings()
    /// Parts of the pass that runs; empty where none does.
    var passing: [Part] = []
    let firstSequence: UInt64
    var lastSequence: UInt64
    var lastTicket: UInt64 = 0
    /// When `step` is to look again at the latest.
    var nextAlarm = Seconds.infinity
    private(set) var isStopping = false
    /// Whether it begins nothing more.
    private(set) var isLeaving = false
    var actions: [Action] = []

    /// Most prompts that wait to be tokenized.
    var mostOpenings: Int { 2 * self.slots.count + 16 }
    /// Most bytes of prompts that wait to be tokenized; one alone may have more.
    static let mostOpeningBytes = 32 << 20

    /// - Parameters:
    ///   - patience: with which the blocks of drafts are awaited.
    ///   - remembersPrompts: whether a free slot keeps what it holds, for the next sequence that begins so.
    ///   - firstSequence: number of the first sequence; one that no earlier start of a target has used.
    public init(
        model: TargetModel, patience: Patience = Patience(), remembersPrompts: Bool = true, firstSequence: UInt64 = 1
    ) {
        self.model = model
        self.patience = patience
        self.planner = StepPlanner(maxRows: model.maxRows, exact: model.exact)
        self.slots = SlotPool(
            count: model.slots,
            mostRemembered: remembersPrompts ? model.exact != nil ? .max : model.contextLength : 0)
        self.firstSequence = firstSequence
        self.lastSequence = firstSequence - 1
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

    public var load: Load {
        Load(
            slots: self.slots.count, sequences: self.slots.busy, waiting: self.openings.count,
            isLeaving: self.isLeaving, kvUsage: self.kvUsage)
    }

    /// Share of the KV cells that sequences hold. What free slots remember is not counted: it gives way to whoever comes.
    private var kvUsage: Float {
        let held = self.live.values.reduce(0) { $0 + $1.sequence.held.count }
        return min(1, Float(held) / Float(max(1, self.slots.count * self.model.contextLength)))
    }

    /// What passes cost and bring; `nil` before the first without a prefill.
    public var report: TargetReport? {
        var report = self.meter.report
        report?.sequences = self.live.count
        return report
    }

    /// Tokens that other slots hold than a row's own, on average.
    public var cellsOfOthers: Int {
        let cells = self.live.values.reduce(0) { $0 + $1.sequence.held.count }
        return cells - cells / max(1, self.live.count)
    }

    public var isPassing: Bool { !self.passing.isEmpty }

    // MARK: Opening

    /// Takes a request, and has its prompt tokenized.
    ///
    /// - Parameter bytes: size of the message.
    public mutating func open(_ request: OpenRequest, ofBytes bytes: Int = 0, for call: Call) {
        let names = request.request.names
        guard !self.openings.values.contains(where: { $0.call == call }) else {
            return self.actions.append(.log(.notOpened(names, error: .alreadyExists)))
        }
        guard !self.isLeaving else { return self.turnAway(Self.leaving, names, call) }
        let hasRoom =
            self.openings.count < self.mostOpenings && self.openingBytes + bytes <= Self.mostOpeningBytes
        guard hasRoom || self.openings.isEmpty else {
            return self.turnAway(
                Status(.resourceExhausted, "too many prompts wait to be tokenized; try again later"), names, call)
        }
        self.lastTicket += 1
        self.openings[self.lastTicket] = Opening(request: request, bytes: bytes, call: call)
        self.openingBytes += bytes
        let asked = request.request
        self.actions.append(
            .prepare(asked.prompt, stop: asked.stop, addsOwnStops: !asked.ignoresEnd, ticket: self.lastTicket))
    }

    /// A prompt is off the desk: its sequence begins, unless nobody wants it any more.
    ///
    /// - Parameters:
    ///   - failure: what the owner is told where there is no prompt.
    ///   - peer: the draft of a name, if it has greeted.
    public mutating func prepared(
        _ ticket: UInt64, _ result: Result<PreparedPrompt, Status>, now: Seconds, peer: (String) -> PeerID?
    ) {
        guard let opening = self.openings.removeValue(forKey: ticket) else { return }
        self.openingBytes -= opening.bytes
        let names = opening.request.request.names
        guard let call = opening.call else {
            return self.actions.append(.log(.notOpened(names, error: .cancelled)))
        }
        do throws(Status) {
            try self.begin(opening.request, try result.get(), for: call, now: now, peer: peer)
        } catch {
            self.turnAway(error, names, call)
        }
    }

    private mutating func turnAway(_ status: Status, _ names: RequestNames, _ call: Call) {
        self.answer(status, to: call)
        self.actions.append(.log(.notOpened(names, error: status.code)))
    }

    /// Ends the call, whether its prompt is tokenized or not.
    public mutating func cancel(_ call: Call) {
        if let index = self.openings.values.firstIndex(where: { $0.call == call }) {
            self.openings.values[index].call = nil
            return self.answer(Status(.cancelled), to: call)
        }
        guard let live = self.live.values.first(where: { $0.call == call }) else { return }
        self.end(live.sequence.id, Status(.cancelled))
    }

    /// Begins nothing more, and tells coordinators, which move what they can. What stays comes to its end here.
    ///
    /// - Parameter coordinators: those that have greeted.
    public mutating func leave(telling coordinators: [PeerID]) {
        self.isLeaving = true
        for peer in coordinators { self.actions.append(.send(.pong(Pong(load: self.load)), to: peer, call: 0)) }
    }

    /// Whether it holds nothing that anybody wants.
    public var isIdle: Bool { self.live.isEmpty && self.openings.values.allSatisfy { $0.call == nil } }

    static let leaving = Status(.unavailable, "the target is shutting down")

    /// Ends all calls with `UNAVAILABLE`; no pass begins any more. The one that runs has still to end.
    public mutating func stop() {
        self.isStopping = true
        for sequence in Array(self.live.keys) {
            self.end(sequence, Self.leaving)
        }
    }

    // MARK: Sending

    mutating func send(_ body: Envelope.Body, to call: Call) {
        self.actions.append(.send(body, to: call.owner, call: call.number))
    }

    mutating func send(_ body: Envelope.Body, to draft: PeerID) {
        self.actions.append(.send(body, to: draft, call: 0))
    }

    mutating func answer(_ status: Status, to call: Call) { self.send(.status(status), to: call) }

    /// A message has left.
    ///
    /// - Parameter bytes: its size on the wire.
    public mutating func sent(_ body: Envelope.Body, ofBytes bytes: Int) {
        guard case .verdict(let verdict) = body, let index = self.live.index(forKey: verdict.sequence) else { return }
        self.live.values[index].sequence.count(verdictOfBytes: bytes)
    }

    /// A message could not be sent.
    ///
    /// - Parameter isGone: whether the peer is; otherwise it does not take what was sent before.
    public mutating func undelivered(_ body: Envelope.Body, to peer: PeerID, isGone: Bool, now: Seconds) {
        switch body {
        case .mirror(let request) where !isGone:
            // It cannot mirror what it was not told.
            self.decline(request.sequence, by: peer, now: now)
        case .committed where !isGone:
            // It does not take a status either.
            self.actions.append(.log(.ownerFull(peer)))
            self.forget(peer, now: now)
        case .committed, .mirror, .release:
            self.forget(peer, now: now)
        case .verdict where isGone:
            self.forget(peer, now: now)
        default:
            // A draft asks for a verdict that it misses; whoever owns a call asks again, or is found silent.
            break
        }
    }

    /// Drops a peer that does not take what it is sent. Its connection may be back before its heartbeat is missed: so it
    /// has to greet again, and thereby learns that what it had here is gone.
    private mutating func forget(_ peer: PeerID, now: Seconds) {
        self.lose(peer, now: now)
        self.actions.append(.forget(peer))
    }
}
