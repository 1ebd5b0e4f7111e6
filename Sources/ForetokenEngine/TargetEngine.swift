public import Executors
public import Speculation

/// The target's model on its thread: runs passes over many sequences, and walks each one's candidates.
public actor TargetEngine {
    public nonisolated let description: ModelDescription
    public nonisolated let vocabulary: Vocabulary
    public nonisolated let slots: Int
    /// Rows of one pass at most.
    public nonisolated let maxRows: Int
    /// Whether draft tokens can be checked: those not accepted are taken back.
    public nonisolated let canRollBack: Bool

    private nonisolated let prompts: PromptDesk
    private let model: any LanguageModel
    private nonisolated let loop: any Loop

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - model: used on `loop` only from now on.
    ///   - loop: the model's own thread; it is blocked while a pass runs.
    public init(model: sending any LanguageModel, loop: any Loop) {
        self.description = model.description
        self.vocabulary = model.vocabulary
        self.slots = model.slots
        self.maxRows = model.maxRows
        self.canRollBack = model.canRollBack
        self.prompts = PromptDesk(
            tokenizer: model.tokenizer, vocabularySize: model.vocabulary.size,
            context: model.description.contextLength)
        self.model = model
        self.loop = loop
    }

    /// Makes tokens and an automaton of what a request brings, on a thread of their own.
    ///
    /// - Throws: `ModelError.promptTooLong` where a prompt is certain not to fit, before it is tokenized.
    public nonisolated func prepare(
        _ prompt: PromptForm, stop: [String] = []
    ) async throws(ModelError) -> PreparedPrompt {
        try await self.prompts.prepare(prompt, stop: stop)
    }

    /// The tokens of a text, however many.
    public nonisolated func tokenize(_ text: String) async throws(ModelError) -> [Token] {
        try await self.prompts.tokenize(text)
    }

    /// One sequence's part of a pass.
    public struct Entry: Sendable {
        public var slot: Int
        public var pass: TargetSequence.Pass
        public var sampler: Sampler
        public var detail: Sampler.Detail
        /// How many of the most probable tokens each choice shall tell beside its own probability; `nil`: neither.
        public var likelihoods: Int?
        /// What the slot begins with, copied before any slot of the pass is rolled back.
        public var source: Source?

        public init(
            slot: Int, pass: TargetSequence.Pass, sampler: Sampler, detail: Sampler.Detail = [],
            likelihoods: Int? = nil, source: Source? = nil
        ) {
            self.slot = slot
            self.pass = pass
            self.sampler = sampler
            self.detail = detail
            self.likelihoods = likelihoods
            self.source = source
        }
    }

    public struct Outcome: Sendable {
        /// In the order of the entries; `nil` for an entry that chooses nothing.
        public var walks: [AcceptanceWalk?]
        /// How long the pass took, choices included.
        public var seconds: Seconds
    }

    /// Lets a slot lose all it holds, after the passes that were begun.
    public nonisolated func empty(slot: Int) {
        self.loop.execute { self.assumeIsolated { try? $0.model.rollBack(slot: slot, to: 0) } }
    }

    /// Runs one pass and hands over what came of it, on the model's thread.
    ///
    /// A call of this kind costs two wake-ups of a thread; a task that awaits `run` could cost more.
    public nonisolated func begin(
        _ entries: [Entry], then finish: @escaping @Sendable (Result<Outcome, ModelError>) -> Void
    ) {
        self.loop.execute {
            finish(self.assumeIsolated { engine in Result { () throws(ModelError) in try engine.run(entries) } })
        }
    }

    /// Runs one pass.
    ///
    /// - Parameter entries: of different slots, at most `maxRows` rows together.
    /// - Throws: what the model throws; the slots of all entries are empty then.
    public func run(_ entries: [Entry]) throws(ModelError) -> Outcome {
        let begin = self.loop.now
        do {
            for entry in entries {
                guard let source = entry.source else { continue }
                try self.model.copy(from: source.slot, to: entry.slot, count: source.count)
            }
            var rows: [Row] = []
            // Of each entry: the row behind its last committed token.
            var firstChoices = Array(repeating: 0, count: entries.count)
            for place in PassOrder(entries.map { ($0.slot, $0.pass.rowCount) }).places {
                let entry = entries[place]
                try self.model.rollBack(slot: entry.slot, to: entry.pass.position)
                let tokens = entry.pass.feed + entry.pass.candidates
                let firstChoice = entry.pass.feed.count - 1
                firstChoices[place] = rows.count + firstChoice
                for (offset, token) in tokens.enumerated() {
                    rows.append(
                        Row(
                            token: token, slot: entry.slot, position: entry.pass.position + offset,
                            wantsLogits: entry.pass.chooses && offset >= firstChoice))
                }
            }
            try self.model.decode(rows)
            var walks: [AcceptanceWalk?] = []
            for (entry, firstChoice) in zip(entries, firstChoices) {
                walks.append(entry.pass.chooses ? try self.walk(entry, from: firstChoice) : nil)
            }
            return Outcome(walks: walks, seconds: self.loop.now - begin)
        } catch {
            for entry in entries { try? self.model.rollBack(slot: entry.slot, to: 0) }
            throw error
        }
    }

    private func walk(_ entry: Entry, from firstChoice: Int) throws(ModelError) -> AcceptanceWalk {
        let position = entry.pass.position + entry.pass.feed.count
        return try AcceptanceWalk(
            candidates: entry.pass.candidates, ends: self.vocabulary.endOfGeneration.contains
        ) { (index: Int) throws(ModelError) -> Choice in
            try self.model.withLogits(ofRow: firstChoice + index) { logits in
                var choice = entry.sampler.choose(from: logits, position: position + index, detail: entry.detail)
                if let count = entry.likelihoods {
                    choice.likelihood = Likelihood(of: choice.token, in: logits, top: count) {
                        self.vocabulary.pieces[Int($0)]
                    }
                }
                return choice
            }
        }
    }
}
