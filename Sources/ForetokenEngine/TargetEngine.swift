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
        _ prompt: PromptForm, stop: [String] = [], addsOwnStops: Bool = true
    ) async throws(ModelError) -> PreparedPrompt {
        try await self.prompts.prepare(prompt, stop: stop, addsOwnStops: addsOwnStops)
    }

    /// The tokens of a text, however many.
    public nonisolated func tokenize(_ text: String) async throws(ModelError) -> [Token] {
        try await self.prompts.tokenize(text)
    }

    /// Lets a slot lose all it holds, after the passes that were begun.
    public nonisolated func empty(slot: Int) {
        self.loop.execute { self.assumeIsolated { try? $0.model.rollBack(slot: slot, to: 0) } }
    }

    /// Runs one pass and hands over what came of it, on the model's thread.
    ///
    /// A call of this kind costs two wake-ups of a thread; a task that awaits `run` could cost more.
    public nonisolated func begin(
        _ entries: [PassEntry], then finish: @escaping @Sendable (Result<PassOutcome, ModelError>) -> Void
    ) {
        let asked = self.loop.now
        self.loop.execute {
            finish(
                self.assumeIsolated { engine in
                    Result { () throws(ModelError) in
                        let queued = engine.loop.now - asked
                        var outcome = try engine.run(entries)
                        outcome.queuedSeconds = queued
                        return outcome
                    }
                })
        }
    }

    /// Runs one pass.
    ///
    /// - Parameter entries: of different slots, at most `maxRows` rows together.
    /// - Throws: what the model throws; the slots of all entries are empty then.
    public func run(_ entries: [PassEntry]) throws(ModelError) -> PassOutcome {
        let begin = self.loop.now
        do {
            for entry in entries {
                guard let source = entry.source else { continue }
                try self.model.copy(from: source.slot, to: entry.slot, count: source.count)
            }
            var walks: [AcceptanceWalk?] = Array(repeating: nil, count: entries.count)
            let parts = entries.map {
                PassCalls.Part(slot: $0.slot, rows: $0.pass.rowCount, isPrompt: $0.pass.isPrompt)
            }
            for call in PassCalls(parts, exact: self.exact).calls {
                if call.pieces.count > 1 {
                    walks[call.parts[0]] = try self.run(entries[call.parts[0]], in: call.pieces)
                } else {
                    try self.run(call.parts, of: entries, &walks)
                }
            }
            return PassOutcome(walks: walks, seconds: self.loop.now - begin)
        } catch {
            for entry in entries { try? self.model.rollBack(slot: entry.slot, to: 0) }
            throw error
        }
    }

    private nonisolated var exact: ExactPasses? { self.description.rounding?.exact }

    /// Computes parts in one call, and walks each one's candidates.
    private func run(_ parts: [Int], of entries: [PassEntry], _ walks: inout [AcceptanceWalk?]) throws(ModelError) {
        var rows: [Row] = []
        var begins: [Int] = []
        for place in parts {
            try self.model.rollBack(slot: entries[place].slot, to: entries[place].pass.position)
            begins.append(rows.count)
            rows += entries[place].rows(0..<entries[place].pass.rowCount, exact: self.exact)
        }
        try self.model.decode(rows)
        for (place, begin) in zip(parts, begins) where entries[place].pass.chooses {
            walks[place] = try self.walk(entries[place]) { row in begin + row }
        }
    }

    /// Computes a part piece by piece, as far as its walk gets.
    private func run(_ entry: PassEntry, in pieces: [Range<Int>]) throws(ModelError) -> AcceptanceWalk? {
        try self.model.rollBack(slot: entry.slot, to: entry.pass.position)
        var left = pieces[...]
        var current = 0..<0
        func compute(upTo row: Int) throws(ModelError) {
            while current.upperBound <= row, let next = left.popFirst() {
                try self.model.decode(entry.rows(next, exact: self.exact))
                current = next
            }
        }
        guard entry.pass.chooses else {
            try compute(upTo: entry.pass.rowCount - 1)
            return nil
        }
        return try self.walk(entry) { (row) throws(ModelError) in
            try compute(upTo: row)
            return row - current.lowerBound
        }
    }

    /// - Parameter index: in the latest call, of a row of the entry.
    private func walk(
        _ entry: PassEntry, index: (Int) throws(ModelError) -> Int
    ) throws(ModelError) -> AcceptanceWalk {
        let firstChoice = entry.pass.feed.count - 1
        let position = entry.pass.position + entry.pass.feed.count
        return try AcceptanceWalk(
            candidates: entry.pass.candidates,
            ends: { entry.sampler.ending.isEnd($0, among: self.vocabulary.endOfGeneration) }
        ) { (place: Int) throws(ModelError) -> Choice in
            let row = try index(firstChoice + place)
            return try self.model.withLogits(ofRow: row) { logits in
                var choice = entry.sampler.choose(
                    from: logits, position: position + place, detail: entry.detail,
                    ends: self.vocabulary.endOfGeneration)
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

extension PassEntry {
    /// Rows of the entry's part: what is fed, the candidates, and what makes the pass wide enough.
    ///
    /// The last matrix is multiplied with the rows that want logits alone. Where passes are to agree, these too have to be
    /// as many as a pass of the kind has rows: all, or of a prompt, which needs one, the fewest.
    fileprivate func rows(_ range: Range<Int>, exact: ExactPasses?) -> [Row] {
        let feed = self.pass.feed
        let candidates = self.pass.candidates
        let wanting =
            switch exact {
            case nil: feed.count - 1..<self.pass.ownRows
            case let exact? where self.pass.isPrompt: self.pass.rowCount - exact.least..<self.pass.rowCount
            case _?: 0..<self.pass.rowCount
            }
        return range.map { index in
            let token =
                switch index - feed.count {
                case ..<0: feed[index]
                case ..<candidates.count: candidates[candidates.startIndex + index - feed.count]
                default: feed[feed.count - 1]
                }
            return Row(
                token: token, slot: self.slot, position: self.pass.position + index,
                wantsLogits: self.pass.chooses && wanting.contains(index))
        }
    }
}
