public import Executors
public import Speculation
internal import Synchronization

/// The draft's model on its thread: drafts for many sequences side by side, each for as long as its rule wants more.
///
/// What a step takes, and what comes of it, is decided by `DraftBatch`; this actor computes it. Between steps new orders
/// join, and others are cancelled.
public actor DraftEngine {
    public nonisolated let description: ModelDescription
    public nonisolated let vocabulary: Vocabulary
    public nonisolated let slots: Int

    private let model: any LanguageModel
    private nonisolated let loop: any Loop

    public typealias Finish = @Sendable (Result<DraftOutcome, ModelError>) -> Void

    /// What was asked for and is not done yet. It does not wait for its turn on the loop: steps that follow each other at once
    /// see to it between two of them.
    private nonisolated let requests = Mutex<[Request]>([])
    private var batch: DraftBatch
    /// For each slot: how tokens are chosen for its order, and who takes what comes of it.
    private var clients: [Int: (sampler: Sampler, finish: Finish)] = [:]
    private var isStepping = false

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - model: used on `loop` only from now on.
    ///   - loop: the model's own thread; it is blocked while a pass runs.
    ///   - sharesThread: whether the target's passes run on that thread too.
    public init(model: sending any LanguageModel, loop: any Loop, sharesThread: Bool = false) {
        self.description = model.description
        self.vocabulary = model.vocabulary
        self.slots = model.slots
        self.batch = DraftBatch(maxRows: model.maxRows, sharesThread: sharesThread)
        self.model = model
        self.loop = loop
    }

    // MARK: Beginning and ending

    /// Begins to draft, and hands over what came of it, on the model's thread. An order that is in the slot is cancelled.
    ///
    /// A failed pass fails all its orders, and empties their slots.
    public nonisolated func begin(_ order: DraftOrder, slot: Int, sampler: Sampler, then finish: @escaping Finish) {
        self.ask(.begin(order, slot: slot, sampler, finish))
    }

    /// Ends the order in a slot, if there is one, before its next step; it hands over what it has drafted so far.
    public nonisolated func cancel(slot: Int) { self.ask(.cancel(slot: slot)) }

    /// Lets a slot without an order lose all it holds.
    public nonisolated func empty(slot: Int) { self.ask(.empty(slot: slot)) }

    /// Drafts one block.
    ///
    /// - Throws: what the model throws; the slot is empty then.
    public func draft(_ order: DraftOrder, slot: Int, sampler: Sampler) async throws(ModelError) -> DraftOutcome {
        try await withCheckedContinuation { continuation in
            self.begin(order, slot: slot, sampler: sampler) { continuation.resume(returning: $0) }
        }.get()
    }

    private enum Request: Sendable {
        case begin(DraftOrder, slot: Int, Sampler, Finish)
        case cancel(slot: Int)
        case empty(slot: Int)
    }

    private nonisolated func ask(_ request: Request) {
        self.requests.withLock { $0.append(request) }
        self.loop.execute { self.assumeIsolated { $0.stepLater() } }
    }

    /// Does what was asked for, in its order.
    private func takeRequests() {
        let requests = self.requests.withLock { requests in
            defer { requests.removeAll() }
            return requests
        }
        for request in requests {
            switch request {
            case .begin(let order, let slot, let sampler, let finish): self.join(order, slot: slot, sampler, finish)
            case .cancel(let slot): self.end(slot)
            case .empty(let slot): if !self.batch.isBusy(slot: slot) { self.clear(slot) }
            }
        }
    }

    private func join(_ order: DraftOrder, slot: Int, _ sampler: Sampler, _ finish: @escaping Finish) {
        self.end(slot)
        self.clients[slot] = (sampler, finish)
        guard let position = self.batch.join(order, slot: slot) else {
            return self.fail(slot, .invalidRows(reason: "slot \(slot) was emptied by a failed pass"))
        }
        do {
            try self.model.rollBack(slot: slot, to: position)
        } catch {
            self.fail(slot, error)
        }
    }

    private func end(_ slot: Int) {
        if let outcome = self.batch.end(slot: slot) { self.finish(slot, .success(outcome)) }
    }

    private func finish(_ slot: Int, _ result: Result<DraftOutcome, ModelError>) {
        self.clients.removeValue(forKey: slot)?.finish(result)
    }

    private func fail(_ slot: Int, _ error: ModelError) {
        self.clear(slot)
        self.finish(slot, .failure(error))
    }

    private func clear(_ slot: Int) {
        self.batch.empty(slot: slot)
        try? self.model.rollBack(slot: slot, to: 0)
    }

    // MARK: The step: feed, choose, hand over

    /// Makes each step a call of its own, so that a target's pass may come between two. On a shared thread the steps of
    /// blocks follow each other at once, those that feed many tokens do not.
    private func stepLater() {
        self.takeRequests()
        guard !self.isStepping, !self.batch.isEmpty else { return }
        self.isStepping = true
        self.loop.execute {
            self.assumeIsolated { engine in
                engine.isStepping = false
                repeat { engine.step() } while engine.batch.goesOn
                engine.stepLater()
            }
        }
    }

    private func step() {
        self.takeRequests()
        // All may have been cancelled since.
        guard !self.batch.isEmpty else { return }
        let parts = self.batch.beginStep(now: self.loop.now)
        do {
            try self.compute(parts)
            for (slot, outcome) in self.batch.endStep(now: self.loop.now) { self.finish(slot, .success(outcome)) }
        } catch {
            for slot in self.batch.failStep() { self.fail(slot, error) }
        }
    }

    private func compute(_ parts: [DraftBatch.Part]) throws(ModelError) {
        var rows: [Row] = []
        for part in parts {
            let last = part.feed.tokens.count - 1
            for (offset, token) in part.feed.tokens.enumerated() {
                rows.append(
                    Row(
                        token: token, slot: part.slot, position: part.feed.position + offset,
                        wantsLogits: part.feed.isChosenBehind && offset == last))
            }
        }
        try self.model.decode(rows)
        var end = 0
        for (index, part) in parts.enumerated() {
            end += part.feed.tokens.count
            if part.feed.isChosenBehind { try self.choose(for: part, at: index, from: end - 1) }
        }
    }

    private func choose(for part: DraftBatch.Part, at index: Int, from row: Int) throws(ModelError) {
        let sampler = self.clients[part.slot]!.sampler
        let (position, ends) = (part.position, self.vocabulary.endOfGeneration)
        let choice = try self.model.withLogits(ofRow: row) {
            sampler.choose(from: $0, position: position, detail: [.confidence, .runnerUp], ends: ends)
        }
        self.batch.take(DraftedToken(choice), ofPart: index, isEnd: sampler.ending.isEnd(choice.token, among: ends))
    }
}
