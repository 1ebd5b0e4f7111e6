public import Executors
public import Speculation

/// The draft's model on its thread: drafts for many sequences side by side, each for as long as its rule wants more.
///
/// The model goes in steps: one pass with rows of all runs, then each that is through its rows chooses a token. Between
/// steps new runs join, and others are cancelled.
public actor DraftEngine {
    public nonisolated let description: ModelDescription
    public nonisolated let vocabulary: Vocabulary
    public nonisolated let slots: Int

    private let model: any LanguageModel
    private nonisolated let loop: any Loop

    /// At most one for each slot; who has waited longest for a pass is first.
    private var runs: [Active] = []
    private var isStepping = false
    /// Of slots whose run was cancelled before its job was fed: what is missing. The next job counts on it.
    private var unfed: [Int: (position: Int, tokens: ArraySlice<Token>)] = [:]

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - model: used on `loop` only from now on.
    ///   - loop: the model's own thread; it is blocked while a pass runs.
    public init(model: sending any LanguageModel, loop: any Loop) {
        self.description = model.description
        self.vocabulary = model.vocabulary
        self.slots = model.slots
        self.model = model
        self.loop = loop
    }

    public struct Outcome: Sendable {
        public var tokens: [DraftedToken] = []
        /// Of drafting them; that of feeding many committed tokens before is not in it.
        public var seconds: Seconds = 0
        /// Tokens whose computing took these seconds.
        public var timedTokens = 0

        public init() {}

        fileprivate init(tokens: [DraftedToken], seconds: Seconds, timedTokens: Int) {
            self.tokens = tokens
            self.seconds = seconds
            self.timedTokens = timedTokens
        }
    }

    /// A run in its slot.
    private struct Active {
        let slot: Int
        let sampler: Sampler
        var run: DraftRun
        /// When the first of its timed tokens was begun; `nil` while many committed tokens are fed.
        var timedSince: Seconds?
        let finish: @Sendable (Result<Outcome, ModelError>) -> Void

        var isPrefill: Bool { self.run.job.feed.count > mostFed }
    }

    /// Committed tokens that are fed with about the time of one: after full acceptance there are two.
    private static let mostFed = 2

    /// Rows of a pass beyond one for each run, where a long feed could hold up a run that needs few.
    private static let prefillRows = 32

    // MARK: Beginning and ending

    /// Begins to draft, and hands over what came of it, on the model's thread. A run that is in the slot is cancelled.
    ///
    /// A failed pass fails all its runs, and empties their slots.
    public nonisolated func begin(
        _ job: Mirror.Job, slot: Int, sampler: Sampler,
        then finish: @escaping @Sendable (Result<Outcome, ModelError>) -> Void
    ) {
        self.loop.execute { self.assumeIsolated { $0.join(job, slot: slot, sampler: sampler, finish) } }
    }

    /// Ends the run in a slot, if there is one, before its next step; it hands over what it has drafted so far.
    public nonisolated func cancel(slot: Int) {
        self.loop.execute { self.assumeIsolated { $0.end(slot) } }
    }

    /// Lets a slot without a run lose all it holds.
    public nonisolated func empty(slot: Int) {
        self.loop.execute {
            self.assumeIsolated { engine in
                guard !engine.runs.contains(where: { $0.slot == slot }) else { return }
                engine.unfed[slot] = nil
                try? engine.model.rollBack(slot: slot, to: 0)
            }
        }
    }

    /// Drafts one block.
    ///
    /// - Throws: what the model throws; the slot is empty then.
    public func draft(_ job: Mirror.Job, slot: Int, sampler: Sampler) async throws(ModelError) -> Outcome {
        try await withCheckedContinuation { continuation in
            self.begin(job, slot: slot, sampler: sampler) { continuation.resume(returning: $0) }
        }.get()
    }

    private func join(
        _ job: Mirror.Job, slot: Int, sampler: Sampler,
        _ finish: @escaping @Sendable (Result<Outcome, ModelError>) -> Void
    ) {
        self.end(slot)
        var active = Active(slot: slot, sampler: sampler, run: DraftRun(job), finish: finish)
        do {
            if let missing = self.unfed.removeValue(forKey: slot), missing.position < job.position {
                var job = job
                job.feed.insert(contentsOf: missing.tokens.prefix(job.position - missing.position), at: 0)
                job.position = missing.position
                active.run = DraftRun(job)
            }
            try self.model.rollBack(slot: slot, to: active.run.job.position)
        } catch {
            return self.fail(active, error)
        }
        if !active.isPrefill { active.timedSince = self.loop.now }
        self.runs.append(active)
        self.stepLater()
    }

    private func end(_ slot: Int) {
        guard let index = self.runs.firstIndex(where: { $0.slot == slot }) else { return }
        let active = self.runs.remove(at: index)
        if !active.run.isFed { self.unfed[slot] = active.run.unfed }
        self.handOver(active)
    }

    private func handOver(_ active: Active) {
        let tokens = active.run.drafted
        active.finish(
            .success(
                Outcome(
                    tokens: tokens, seconds: active.timedSince.map { self.loop.now - $0 } ?? 0,
                    timedTokens: max(0, tokens.count - (active.isPrefill ? 1 : 0)))))
    }

    private func fail(_ active: Active, _ error: ModelError) {
        try? self.model.rollBack(slot: active.slot, to: 0)
        self.unfed[active.slot] = nil
        active.finish(.failure(error))
    }

    // MARK: The step: feed, choose, hand over

    /// Each step is a call of its own, so that whatever begins or ends runs comes between two.
    private func stepLater() {
        guard !self.isStepping, !self.runs.isEmpty else { return }
        self.isStepping = true
        self.loop.execute {
            self.assumeIsolated { engine in
                engine.isStepping = false
                engine.step()
                engine.stepLater()
            }
        }
    }

    private func step() {
        // All may have been cancelled since.
        guard !self.runs.isEmpty else { return }
        let shares = RowShares.even(self.runs.map(\.run.rows), rows: self.rowsOfPass).prefix { $0 > 0 }
        // Slots with memory of their own are computed together where their numbers follow each other in a pass.
        let sharing = zip(self.runs, shares).sorted { $0.0.slot < $1.0.slot }
        var passing = sharing.map(\.0)
        self.runs.removeFirst(shares.count)
        do {
            var rows: [Row] = []
            // Of each run: the row from which it chooses.
            var choosing: [Int?] = []
            for (index, share) in sharing.map(\.1).enumerated() {
                let feed = passing[index].run.nextFeed(atMost: share)
                let last = feed.tokens.count - 1
                choosing.append(feed.isChosenBehind ? rows.count + last : nil)
                for (offset, token) in feed.tokens.enumerated() {
                    rows.append(
                        Row(
                            token: token, slot: passing[index].slot, position: feed.position + offset,
                            wantsLogits: feed.isChosenBehind && offset == last))
                }
            }
            try self.model.decode(rows)
            let now = self.loop.now
            for row in choosing {
                if let row { try self.choose(for: &passing[0], from: row) }
                var active = passing.removeFirst()
                if active.run.isFed, active.timedSince == nil { active.timedSince = now }
                if active.run.isDone { self.handOver(active) } else { self.runs.append(active) }
            }
        } catch {
            for active in passing { self.fail(active, error) }
        }
    }

    private var rowsOfPass: Int {
        let isShared = self.runs.count > 1 && self.runs.contains { $0.run.rows <= Self.prefillRows }
        return isShared ? min(self.model.maxRows, self.runs.count + Self.prefillRows) : self.model.maxRows
    }

    private func choose(for active: inout Active, from row: Int) throws(ModelError) {
        let position = active.run.job.base + active.run.drafted.count
        let (sampler, ends) = (active.sampler, self.vocabulary.endOfGeneration)
        let choice = try self.model.withLogits(ofRow: row) {
            sampler.choose(from: $0, position: position, detail: [.confidence, .runnerUp], ends: ends)
        }
        active.run.take(choice, isEnd: sampler.ending.isEnd(choice.token, among: ends))
    }
}
