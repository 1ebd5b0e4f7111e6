import Dispatch
package import Executors
package import ForetokenEngine
import ForetokenModels
import ForetokenServices
import ForetokenWire
package import Llama
package import Speculation
import Synchronization

/// A model's file, and what it gets.
package struct ModelChoice {
    /// `nil`: the bundled one.
    package var path: String?
    package var threads: Int
    package var context: Int?
    /// Which layers devices take.
    package var offload: Offload
    package var flashAttention: FlashAttention
    package var slots: Int
    /// Whether all passes are to agree to the last bit; `nil`: where that costs next to nothing.
    package var isExact: Bool?
    /// How long it may be measured which passes agree, unless that has to be known.
    package var measuringSeconds = 4.0

    package init(
        path: String?, threads: Int, context: Int?, offload: Offload = Offload(),
        flashAttention: FlashAttention = .auto, slots: Int, isExact: Bool? = nil
    ) {
        self.path = path
        self.threads = threads
        self.context = context
        self.offload = offload
        self.flashAttention = flashAttention
        self.slots = slots
        self.isExact = isExact
    }

    package func load(
        bundled: String?, isolatesSlots: Bool = false, fusesAttention: Bool = false,
        exactness: Exactness = .notMeasured, choosesThreads: ThreadChooser? = nil
    ) throws(CommandError) -> LlamaModel {
        guard let path = self.path ?? bundled else {
            throw CommandError(.missingFile, "the bundled models are not next to the program: name a GGUF file instead")
        }
        self.offload.watchServers()
        do {
            return try LlamaModel(
                path: path, slots: self.slots, context: self.context, threads: self.threads,
                offload: self.offload, isolatesSlots: isolatesSlots, fusesAttention: fusesAttention,
                exactness: exactness, choosesThreads: choosesThreads)
        } catch {
            throw CommandError(error)
        }
    }

    /// - Parameter loop: the model's thread.
    package func loadTarget(
        on loop: any Loop = ThreadLoop(name: "target-model")
    ) throws(CommandError) -> TargetEngine {
        try Self.on(loop) { () throws(CommandError) in
            TargetEngine(model: try self.loadTargetModel(), loop: loop)
        }
    }

    fileprivate func loadTargetModel(_ choosesThreads: ThreadChooser? = nil) throws(CommandError) -> LlamaModel {
        // A draft's small heads lose by fused attention.
        let fuses = self.flashAttention.fuses(slots: self.slots, onDevices: self.offload.usesDevices)
        return try self.load(
            bundled: BundledModels.target, fusesAttention: fuses, exactness: self.exactness,
            choosesThreads: choosesThreads)
    }

    /// With memory of its own for each slot, texts side by side cost more; a lone one does not.
    private var exactness: Exactness {
        switch self.isExact {
        case true?: .required
        case nil where self.slots == 1 && self.flashAttention != .on: .whereCheap(seconds: self.measuringSeconds)
        case nil, false?: .measured(seconds: self.measuringSeconds)
        }
    }

    package func loadDraft(on loop: any Loop = ThreadLoop(name: "draft-model")) throws(CommandError) -> DraftEngine {
        try Self.on(loop) { () throws(CommandError) in DraftEngine(model: try self.loadDraftModel(), loop: loop) }
    }

    fileprivate func loadDraftModel(_ choosesThreads: ThreadChooser? = nil) throws(CommandError) -> LlamaModel {
        // In shared memory a lone row pays for the cells of all other slots.
        let model = try self.load(bundled: BundledModels.draft, isolatesSlots: true, choosesThreads: choosesThreads)
        guard model.canRollBack else {
            throw CommandError(
                .badData,
                "\"\(model.description.name)\" cannot take back tokens, so it cannot be a draft: take another model"
            )
        }
        return model
    }

    /// Runs `body` on the model's own thread, and waits for it.
    ///
    /// OpenMP keeps threads for every thread that has run a pass. Passes at loading, by another thread than those of the
    /// service, would leave twice as many as there are cores, and then OpenMP has none of them spin: each barrier costs a
    /// wake-up, and a pass of two threads takes three times as long.
    fileprivate static func on<Value: Sendable>(
        _ loop: any Loop, _ body: @escaping @Sendable () throws(CommandError) -> Value
    ) throws(CommandError) -> Value {
        let outcome = Outcome<Value>()
        let isDone = DispatchSemaphore(value: 0)
        loop.execute {
            let result = Result { () throws(CommandError) in try body() }
            outcome.result.withLock { $0 = result }
            isDone.signal()
        }
        isDone.wait()
        return try outcome.result.withLock { $0! }.get()
    }
}

/// What a thread has come to, for the one that waits for it.
private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, CommandError>?>(nil)
}

/// A target and perhaps its draft, both loaded.
package struct ModelPair {
    package let target: TargetEngine
    package let draft: DraftEngine?

    package var isExact: Bool { self.target.description.rounding?.exact != nil }

    /// Loads both to compute at the same time.
    ///
    /// - Throws: when a file cannot be used, or when the draft's token ids mean something else than the target's.
    package init(target: ModelChoice, draft: ModelChoice?) throws(CommandError) {
        self.target = try target.loadTarget()
        self.draft = try draft?.loadDraft()
        try self.checkVocabularies()
    }

    /// Loads both to take turns or to compute at the same time, whichever is faster by passes that are timed meanwhile.
    ///
    /// Where they take turns both have one thread: neither can compute while the other does, and OpenMP, which keeps
    /// threads for each thread that has run a pass, has as many of them as there are cores.
    ///
    /// - Throws: when a file cannot be used, or when the draft's token ids mean something else than the target's.
    package init(target: ModelChoice, draft: ModelChoice, limits: CoreSharing.Limits) throws(CommandError) {
        let loop = ThreadLoop(name: "models")
        (self.target, self.draft) = try ModelChoice.on(loop) {
            () throws(CommandError) -> (TargetEngine, DraftEngine?) in
            let draftTokens = Mutex<[Int: Seconds]>([:])
            let draftModel = try draft.loadDraftModel { seconds in
                let tokens = limits.draftCounts.map { ($0, seconds(1, $0)) }
                draftTokens.withLock { $0 = Dictionary(uniqueKeysWithValues: tokens) }
                return limits.draft
            }
            let found = Mutex<CoreSharing?>(nil)
            let targetModel = try target.loadTargetModel { seconds in
                // A model that is loaded again stays with what was found.
                let sharing =
                    found.withLock(\.self)
                    ?? CoreSharing.fastest(limits, target: seconds) { threads in
                        draftTokens.withLock { $0[threads] } ?? .infinity
                    }
                found.withLock { $0 = sharing }
                return sharing.target
            }
            let sharing = found.withLock { $0! }
            draftModel.compute(withThreads: sharing.draft)
            let own = sharing.takesTurns ? loop : ThreadLoop(name: "draft-model")
            return (
                TargetEngine(model: targetModel, loop: loop),
                DraftEngine(model: draftModel, loop: own, sharesThread: sharing.takesTurns)
            )
        }
        try self.checkVocabularies()
    }

    private func checkVocabularies() throws(CommandError) {
        guard let draft = self.draft else { return }
        try CommandSupport.checkVocabularies(
            draft: (draft.description, draft.vocabulary), target: (self.target.description, self.target.vocabulary))
    }
}

/// - Throws: `CommandError` where token ids of a draft mean something else than the target's; it names the first one.
package func checkVocabularies(
    draft: (description: ModelDescription, vocabulary: Vocabulary),
    target: (description: ModelDescription, vocabulary: Vocabulary)
) throws(CommandError) {
    func difference() -> String {
        guard let token = draft.vocabulary.firstDifference(from: target.vocabulary) else {
            return "only the number of unused tokens at their ends differs"
        }
        let names = (draft.vocabulary.name(of: token), target.vocabulary.name(of: token))
        return "token \(token) is \(names.0) there and \(names.1) here"
    }
    if let mismatch = vocabularyMismatch(
        draft: draft.description, target: target.description, difference: difference())
    {
        throw CommandError(.badData, mismatch.message)
    }
}
