public import Executors
public import Speculation

/// The draft's model on its thread: drafts one block at a time, for as long as the rule wants more.
public actor DraftEngine {
    public nonisolated let description: ModelDescription
    public nonisolated let vocabulary: Vocabulary
    public nonisolated let slots: Int

    private let model: any LanguageModel
    private nonisolated let loop: any Loop

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - model: used on `loop` only from now on.
    ///   - loop: the model's own thread; it is blocked while a block is drafted.
    public init(model: sending any LanguageModel, loop: any Loop) {
        self.description = model.description
        self.vocabulary = model.vocabulary
        self.slots = model.slots
        self.model = model
        self.loop = loop
    }

    public struct Outcome: Sendable {
        public var tokens: [DraftedToken]
        /// Of drafting them; that of feeding many committed tokens before is not in it.
        public var seconds: Seconds
        /// Tokens whose computing took these seconds.
        public var timedTokens: Int
    }

    /// Drafts one block and hands over what came of it, on the model's thread.
    public nonisolated func begin(
        _ job: Mirror.Job, slot: Int, sampler: Sampler,
        then finish: @escaping @Sendable (Result<Outcome, ModelError>) -> Void
    ) {
        self.loop.execute {
            finish(
                self.assumeIsolated { engine in
                    Result { () throws(ModelError) in try engine.draft(job, slot: slot, sampler: sampler) }
                })
        }
    }

    /// Committed tokens that are fed with about the time of one: after full acceptance there are two.
    private static let mostFed = 2

    /// Feeds the job's tokens, then drafts until the rule, the job's limit or the end of generation stops it.
    ///
    /// The last draft token is not fed: nothing is drafted behind it.
    ///
    /// - Throws: what the model throws; the slot is empty then.
    public func draft(_ job: Mirror.Job, slot: Int, sampler: Sampler) throws(ModelError) -> Outcome {
        let begin = self.loop.now
        do {
            try self.model.rollBack(slot: slot, to: job.position)
            var lastRow = try self.model.feed(job.feed, at: job.position, slot: slot)
            let isPrefill = job.feed.count > Self.mostFed
            let drafting = isPrefill ? self.loop.now : begin
            var drafted: [DraftedToken] = []
            while drafted.count < job.most, job.lookahead.wantsMore(after: drafted) {
                if let last = drafted.last {
                    lastRow = try self.model.feed(
                        [last.token], at: job.base + drafted.count - 1, slot: slot)
                }
                let position = job.base + drafted.count
                let choice = try self.model.withLogits(ofRow: lastRow) {
                    sampler.choose(from: $0, position: position, detail: [.confidence, .runnerUp])
                }
                drafted.append(DraftedToken(choice))
                if self.vocabulary.endOfGeneration.contains(choice.token) { break }
            }
            return Outcome(
                tokens: drafted, seconds: self.loop.now - drafting,
                timedTokens: max(0, drafted.count - (isPrefill ? 1 : 0)))
        } catch {
            try? self.model.rollBack(slot: slot, to: 0)
            throw error
        }
    }
}
