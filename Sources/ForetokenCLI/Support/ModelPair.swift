import Executors
import ForetokenEngine
import ForetokenModels
import ForetokenServices
import ForetokenWire
import Speculation

/// A model's file, and what it gets.
struct ModelChoice {
    /// `nil`: the bundled one.
    var path: String?
    var threads: Int
    var context: Int?
    var gpuLayers: Int
    var slots: Int
    /// Whether slots have memory of their own, so that what one computes does not depend on the others.
    var isExact = false

    func load(
        bundled: String?, isolatesSlots: Bool = false, fusesAttention: Bool = false
    ) throws(CommandError) -> LlamaModel {
        guard let path = self.path ?? bundled else {
            throw CommandError(.missingFile, "the bundled models are not beside the program: name a GGUF file instead")
        }
        do {
            return try LlamaModel(
                path: path, slots: self.slots, context: self.context, threads: self.threads,
                gpuLayers: self.gpuLayers, isolatesSlots: isolatesSlots, fusesAttention: fusesAttention)
        } catch {
            throw CommandError(error)
        }
    }

    /// - Parameter loop: the model's thread.
    func loadTarget(
        on loop: any Loop = ThreadLoop(name: "target-model")
    ) throws(CommandError) -> TargetEngine {
        // On a CPU cheaper from two texts side by side on, dearer for a long one alone.
        // A draft's small heads lose by it.
        let model = try self.load(
            bundled: BundledModels.target, isolatesSlots: self.isExact,
            fusesAttention: self.slots > 1 && !self.isExact && self.gpuLayers == 0)
        return TargetEngine(model: model, loop: loop)
    }

    func loadDraft(on loop: any Loop = ThreadLoop(name: "draft-model")) throws(CommandError) -> DraftEngine {
        // In shared memory a lone row pays for the cells of all other slots.
        let model = try self.load(bundled: BundledModels.draft, isolatesSlots: true)
        guard model.canRollBack else {
            throw CommandError(
                .badData,
                "\"\(model.description.name)\" cannot take back tokens, so it cannot be a draft: take another model")
        }
        return DraftEngine(model: model, loop: loop)
    }
}

/// A target and perhaps its draft, both loaded.
struct ModelPair {
    let target: TargetEngine
    let draft: DraftEngine?
    let isExact: Bool

    /// - Throws: when a file cannot be used, or when the draft's token ids mean something else than the target's.
    init(target: ModelChoice, draft: ModelChoice?) throws(CommandError) {
        self.isExact = target.isExact
        self.target = try target.loadTarget()
        self.draft = try draft?.loadDraft()
        if let draft = self.draft {
            try checkVocabularies(
                draft: (draft.description, draft.vocabulary), target: (self.target.description, self.target.vocabulary))
        }
    }
}

/// - Throws: `CommandError` where token ids of a draft mean something else than the target's; it names the first one.
func checkVocabularies(
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
