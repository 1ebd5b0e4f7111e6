internal import Executors
public import Llama
public import Speculation

/// A model that llama.cpp runs.
public final class LlamaModel: LanguageModel {
    public private(set) var description: ModelDescription
    public let vocabulary: Vocabulary
    public let slots: Int
    public let maxRows: Int
    /// Whether tokens at the end of a slot can be taken back one by one. A model with a recurrent state can only
    /// forget a whole slot: it can write a text alone, but neither draft nor check what was drafted.
    public let canRollBack: Bool

    public let tokenizer: any Tokenizer

    private let context: Context
    private var table: SlotTable

    /// Loads a model and gives it memory for its slots.
    ///
    /// - Parameters:
    ///   - path: of a GGUF file.
    ///   - slots: sequences side by side.
    ///   - context: tokens of a slot; at most, and by default, what the model was trained for.
    ///   - threads: of a pass. They spin, so models that compute at the same time must share a machine's cores out.
    ///   - offload: which layers devices take, and which devices.
    ///   - maxRows: of a pass. Each costs memory for a row of logits.
    ///   - isolatesSlots: whether each slot has memory of its own, so that not even the rounding of its logits depends
    ///     on the other slots. Passes whose slots bring different numbers of rows are then computed piece by piece.
    ///   - fusesAttention: whether a row looks at its own slot only. Otherwise, without memory of its own, it is
    ///     computed over all slots and masked: dearer the more slots are in use, but cheaper for one long text.
    ///   - exactness: what is measured and kept to. An exact model isolates its slots, and does not fuse attention.
    ///   - choosesThreads: is called once or twice, and settles the number of threads instead of `threads`.
    public init(
        path: String, slots: Int = 1, context: Int? = nil, threads: Int = 1, offload: Offload = Offload(),
        maxRows: Int = 256, isolatesSlots: Bool = false, fusesAttention: Bool = false,
        exactness: Exactness = .notMeasured, choosesThreads: ThreadChooser? = nil
    ) throws(ModelError) {
        do {
            let layout = Context.Layout(
                sequences: slots, tokens: context ?? .max, maxRows: maxRows, threads: threads,
                isolatesSequences: isolatesSlots, fusesAttention: fusesAttention, usesDevice: offload.usesDevices)
            let loading = ModelLoading(path: path, offload: offload, layout: layout, choosesThreads: choosesThreads)
            let loaded = try loading.load(exactness)
            let tokens = loaded.layout.tokens
            var extended = loaded.layout
            // Rows that make a pass wide enough may lie behind the last token.
            extended.tokens += (loaded.rounding?.exact?.least ?? 1) - 1
            let model = loaded.model
            let context = try Context(model: model, layout: extended)
            self.vocabulary = Vocabulary(of: model.vocabulary)
            self.canRollBack = try Self.probesRollBack(context)
            self.description = ModelDescription(
                name: model.name, parameters: model.parameters, vocabularySize: self.vocabulary.size,
                vocabularyFingerprint: self.vocabulary.fingerprint, weightsFingerprint: model.fingerprint,
                contextLength: tokens, rounding: loaded.rounding,
                execution: Execution(
                    threads: extended.threads, cores: AvailableCores.share, coreSet: Self.coreSet,
                    weightType: model.weightType,
                    largePageShare: model.largePageShare, usesDevice: offload.usesDevices,
                    rpcServers: offload.usesDevices ? offload.servers.count : 0, canRollBack: self.canRollBack))
            self.tokenizer = LlamaTokenizer(model)
            self.context = context
            self.slots = slots
            self.maxRows = maxRows
            self.table = SlotTable(
                slots: slots, context: extended.tokens, maxRows: maxRows, vocabularySize: self.vocabulary.size)
        } catch let error as LlamaError {
            throw ModelError(error, path: path)
        } catch let error as ModelError {
            throw error
        } catch {
            throw .notLoadable(path, reason: "\(error)")
        }
    }

    /// Digest of the processors that this process may use.
    private static var coreSet: UInt64 {
        var hash = FNV1a()
        hash.add(AvailableCores.set.utf8)
        return max(1, hash.value)
    }

    /// Computes with another number of threads from now on. What was measured at loading holds for the first one.
    public func compute(withThreads threads: Int) {
        self.context.compute(withThreads: threads)
        self.description.execution?.threads = threads
    }

    public func decode(_ rows: [Row]) throws(ModelError) {
        let lengths = try self.table.lengths(after: rows)
        self.context.beginBatch()
        for row in rows {
            self.context.add(
                token: Int32(row.token), position: Int32(row.position), sequence: Int32(row.slot),
                wantsLogits: row.wantsLogits)
        }
        let outcome = self.context.decode()
        if outcome == .done {
            self.table.commit(lengths)
            return
        }
        self.context.beginBatch()
        // Part of the rows may be in their slots.
        try Self.forEach(Set(rows.map(\.slot)).sorted()) { (slot) throws(ModelError) in
            try self.remove(slot: slot, from: self.table.lengths[slot])
        }
        throw ModelError(outcome)
    }

    public func withLogits<Result>(ofRow index: Int, _ body: (Span<Float>) -> Result) throws(ModelError) -> Result {
        guard let result = self.context.withLogits(ofRow: index, body) else {
            throw .invalidRows(reason: "row \(index) of the latest pass has no logits")
        }
        return result
    }

    public func rollBack(slot: Int, to position: Int) throws(ModelError) {
        guard try self.table.needsRollBack(slot: slot, to: position) else { return }
        try self.remove(slot: slot, from: position)
        self.table.set(slot: slot, to: position)
    }

    /// In memory that the slots share this costs a note for each cell; in memory of its own, the time to copy all that a
    /// slot can hold.
    public func copy(from source: Int, to slot: Int, count: Int) throws(ModelError) {
        try self.table.checkCopy(from: source, to: slot, count: count)
        guard self.canRollBack else {
            throw .cannotRollBack(
                reason: "it has no memory of each token by itself, so part of a slot cannot be copied")
        }
        if source != slot { self.context.copy(sequence: Int32(source), to: Int32(slot)) }
        try self.remove(slot: slot, from: count)
        self.table.set(slot: slot, to: count)
    }

    /// Drops what the memory holds of a slot at `position` and behind; where that cannot be, empties the slot.
    private func remove(slot: Int, from position: Int) throws(ModelError) {
        if self.context.remove(sequence: Int32(slot), from: Int32(position)) { return }
        _ = self.context.remove(sequence: Int32(slot), from: 0)
        self.table.set(slot: slot, to: 0)
        throw .cannotRollBack(reason: "it has no memory of each token by itself; slot \(slot) is empty now")
    }

    /// Does something with every slot, whatever becomes of the others.
    ///
    /// - Throws: the first error, once all have had their turn.
    static func forEach(_ slots: [Int], _ body: (Int) throws(ModelError) -> Void) throws(ModelError) {
        var failure: ModelError?
        for slot in slots {
            do throws(ModelError) { try body(slot) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// Computes two tokens, takes one back, and says whether the other is still there.
    static func probesRollBack(_ context: Context) throws(ModelError) -> Bool {
        defer { context.clear() }
        for position in 0..<Int32(2) {
            context.beginBatch()
            context.add(token: 0, position: position, sequence: 0, wantsLogits: true)
            let outcome = context.decode()
            if outcome != .done { throw ModelError(outcome) }
        }
        return context.remove(sequence: 0, from: 1)
    }
}
