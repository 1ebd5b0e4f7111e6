internal import CLlama

/// The KV memory of a model, and its passes. Used by one thread at a time.
public final class Context {
    /// How a pass ended.
    public enum Outcome: Equatable, Sendable {
        case done
        /// The memory has no room for the rows; it is as it was.
        case noRoom
        /// Stopped from outside; what was computed before stays in the memory.
        case aborted
        /// The rows make no sense to the library; the memory is as it was.
        case invalid
        /// Failed for good; what was computed before stays in the memory.
        case failed(code: Int32)
    }

    /// How a context is laid out.
    public struct Layout: Equatable, Sendable {
        /// Sequences side by side, and tokens that each may hold.
        public var sequences: Int
        public var tokens: Int
        /// Most rows that one pass may hold.
        public var maxRows: Int
        public var threads: Int
        /// Whether each sequence has memory of its own. The library then splits a pass whose sequences bring different
        /// numbers of rows, and may leave a lone row in a piece of its own; but where the rows of a sequence lie no longer
        /// depends on the others.
        public var isolatesSequences: Bool
        /// Whether attention is computed in one fused operation.
        public var fusesAttention: Bool
        /// Whether products and memory are on a device where the model's layers are.
        public var usesDevice: Bool

        public init(
            sequences: Int, tokens: Int, maxRows: Int, threads: Int, isolatesSequences: Bool = false,
            fusesAttention: Bool = false, usesDevice: Bool = false
        ) {
            self.sequences = sequences
            self.tokens = tokens
            self.maxRows = maxRows
            self.threads = threads
            self.isolatesSequences = isolatesSequences
            self.fusesAttention = fusesAttention
            self.usesDevice = usesDevice
        }
    }

    public let model: Model
    public private(set) var layout: Layout
    private let vocabularySize: Int
    private let pointer: OpaquePointer
    private let memory: llama_memory_t
    private var batch: llama_batch
    private let observer: PassObserver?

    /// Takes memory for `layout`.
    ///
    /// - Throws: `LlamaError.noContext`.
    public convenience init(model: Model, layout: Layout) throws(LlamaError) {
        try self.init(model: model, layout: layout, observer: nil)
    }

    /// - Parameter observer: of passes; one that is observed takes longer.
    init(model: Model, layout: Layout, observer: PassObserver?) throws(LlamaError) {
        guard layout.sequences > 0, layout.tokens > 0, layout.maxRows > 0, layout.threads > 0,
            let tokens = UInt32(exactly: Int64(layout.sequences) * Int64(layout.tokens)),
            let rows = Int32(exactly: layout.maxRows), let threads = Int32(exactly: layout.threads)
        else { throw .noContext(reason: "its size makes no sense") }
        guard layout.sequences <= Library.mostSequences else {
            throw .noContext(reason: "\(layout.sequences) slots are more than \(Library.mostSequences)")
        }

        var parameters = llama_context_default_params()
        parameters.n_ctx = tokens
        parameters.n_batch = UInt32(rows)
        parameters.n_ubatch = UInt32(rows)
        parameters.n_seq_max = UInt32(layout.sequences)
        parameters.n_outputs_max = UInt32(max(rows, Int32(layout.sequences)))
        parameters.n_outputs_max_per_seq = 0
        // One thread count for both kinds of pass: a verification has several rows, a plain token one.
        parameters.n_threads = threads
        parameters.n_threads_batch = threads
        parameters.flash_attn_type =
            layout.fusesAttention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED
        parameters.kv_unified = !layout.isolatesSequences
        // Sliding windows are kept whole, or else a roll back could need rows that are gone.
        parameters.swa_full = true
        parameters.offload_kqv = layout.usesDevice
        parameters.op_offload = layout.usesDevice
        parameters.no_perf = true
        observer?.attach(to: &parameters)

        let (made, error) = LlamaLog.listening { llama_init_from_model(model.pointer, parameters) }
        guard let made else { throw .noContext(reason: error ?? "the library gives no reason") }
        guard let memory = llama_get_memory(made) else {
            llama_free(made)
            throw .noContext(reason: "the model keeps no memory of its tokens")
        }
        self.model = model
        self.layout = layout
        self.vocabularySize = model.vocabulary.size
        self.pointer = made
        self.memory = memory
        self.observer = observer
        self.batch = llama_batch_init(rows, 0, 1)
    }

    deinit {
        llama_batch_free(self.batch)
        llama_free(self.pointer)
    }

    /// Computes with another number of threads from now on.
    public func compute(withThreads threads: Int) {
        precondition(threads > 0, "a pass needs a thread")
        llama_set_n_threads(self.pointer, Int32(threads), Int32(threads))
        self.layout.threads = threads
    }

    /// Empties the batch that `add` fills and `decode` computes.
    public func beginBatch() {
        self.batch.n_tokens = 0
    }

    /// Adds a row to the batch.
    ///
    /// - Precondition: the batch holds fewer than `layout.maxRows` rows.
    public func add(token: Int32, position: Int32, sequence: Int32, wantsLogits: Bool) {
        let row = Int(self.batch.n_tokens)
        precondition(row < self.layout.maxRows, "more rows than the batch holds")
        self.batch.token[row] = token
        self.batch.pos[row] = position
        self.batch.n_seq_id[row] = 1
        self.batch.seq_id[row]![0] = sequence
        self.batch.logits[row] = wantsLogits ? 1 : 0
        self.batch.n_tokens += 1
    }

    /// Computes the batch. Logits of the pass before are gone.
    public func decode() -> Outcome {
        switch llama_decode(self.pointer, self.batch) {
        case 0: .done
        case 1: .noRoom
        case 2: .aborted
        case -1: .invalid
        case let code: .failed(code: code)
        }
    }

    /// Lends the logits of a row of the latest `decode`, one for each token of the vocabulary.
    ///
    /// - Parameter row: index in the batch. A row that wanted no logits gives `nil`.
    public func withLogits<Result>(ofRow row: Int, _ body: (Span<Float>) -> Result) -> Result? {
        guard row >= 0, row < Int(self.batch.n_tokens), self.batch.logits[row] != 0,
            let logits = llama_get_logits_ith(self.pointer, Int32(row))
        else { return nil }
        return body(UnsafeBufferPointer(start: logits, count: self.vocabularySize).span)
    }

    /// Drops the rows of a sequence at `position` and behind.
    ///
    /// - Returns: whether they are gone and all before them are still there. A model with a recurrent state cannot do
    ///   that, except for a whole sequence.
    public func remove(sequence: Int32, from position: Int32) -> Bool {
        guard llama_memory_seq_rm(self.memory, sequence, position, -1) else { return false }
        let positions = self.positions(of: sequence)
        return position <= 0 ? positions == nil : positions == 0...(position - 1)
    }

    /// Makes a sequence hold what another holds, and drops what it held.
    ///
    /// Always the whole: where each sequence has memory of its own, the library ends the process when it is asked for a
    /// part. There it copies all that a sequence can hold, at the beginning of the next `decode`.
    ///
    /// - Precondition: they are not the same.
    public func copy(sequence source: Int32, to sequence: Int32) {
        precondition(source != sequence, "a sequence is not copied to itself")
        llama_memory_seq_rm(self.memory, sequence, -1, -1)
        llama_memory_seq_cp(self.memory, source, sequence, -1, -1)
    }

    /// First and last position that the memory holds of a sequence; `nil` when it holds none.
    public func positions(of sequence: Int32) -> ClosedRange<Int32>? {
        let first = llama_memory_seq_pos_min(self.memory, sequence)
        let last = llama_memory_seq_pos_max(self.memory, sequence)
        return first >= 0 && last >= first ? first...last : nil
    }

    /// Drops all rows of all sequences.
    public func clear() {
        llama_memory_clear(self.memory, false)
    }
}
