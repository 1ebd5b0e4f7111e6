internal import Foundation
public import Speculation

/// A model that speaks a synthetic language: instant, without weights, and as strict about positions as a real one.
///
/// For tests, and for measuring everything that is not a model.
public final class SyntheticModel: LanguageModel {
    public let description: ModelDescription
    public let language: SyntheticLanguage
    public let slots: Int
    public let maxRows: Int
    /// Passes computed so far, and rows in them.
    public private(set) var passes = 0
    public private(set) var rowsComputed = 0
    /// How long a pass takes; it blocks its thread, as a real model's does.
    public var passSeconds: Seconds = 0
    /// The tokens that each slot holds.
    public private(set) var tokens: [[Token]]

    public let tokenizer: any Tokenizer
    public var vocabulary: Vocabulary { self.language.vocabulary }
    public var canRollBack: Bool { true }

    private var table: SlotTable
    /// Logits of the latest pass, a row behind the other, and where the row of each of its rows begins.
    private var logits: [Float] = []
    private var offsets: [Int?] = []

    public init(
        language: SyntheticLanguage = SyntheticLanguage(), slots: Int = 4, context: Int = 4096, maxRows: Int = 256
    ) {
        let vocabulary = language.vocabulary
        self.language = language
        self.slots = slots
        self.maxRows = maxRows
        self.tokens = Array(repeating: [], count: slots)
        self.tokenizer = SyntheticTokenizer(tokensOfBytes: SyntheticVocabulary.tokensOfBytes(vocabulary))
        self.table = SlotTable(slots: slots, context: context, maxRows: maxRows, vocabularySize: vocabulary.size)
        self.description = ModelDescription(
            name: "synthetic", parameters: 0, vocabularySize: vocabulary.size,
            vocabularyFingerprint: vocabulary.fingerprint, weightsFingerprint: language.fingerprint,
            contextLength: context)
    }

    /// A model of the same size whose favourite token is this one's in about `agreement` of contexts.
    public func perturbed(seed: UInt64, agreement: Double) -> SyntheticModel {
        SyntheticModel(
            language: self.language.perturbed(seed: seed, agreement: agreement), slots: self.slots,
            context: self.description.contextLength, maxRows: self.maxRows)
    }

    public func decode(_ rows: [Row]) throws(ModelError) {
        if self.passSeconds > 0 { Thread.sleep(forTimeInterval: self.passSeconds) }
        let lengths = try self.table.lengths(after: rows)
        let size = self.vocabulary.size
        let wanted = rows.count { $0.wantsLogits }
        if self.logits.count < wanted * size {
            self.logits = Array(repeating: 0, count: max(wanted * size, 2 * self.logits.count))
        }
        self.offsets.removeAll(keepingCapacity: true)
        var offset = 0
        for row in rows {
            self.tokens[row.slot].append(row.token)
            guard row.wantsLogits else {
                self.offsets.append(nil)
                continue
            }
            self.offsets.append(offset)
            let tokens = self.tokens[row.slot]
            self.logits.withUnsafeMutableBufferPointer { logits in
                let row = UnsafeMutableBufferPointer(rebasing: logits[offset..<offset + size])
                self.language.write(logitsBehind: tokens, to: row)
            }
            offset += size
        }
        self.table.commit(lengths)
        self.passes += 1
        self.rowsComputed += rows.count
    }

    public func withLogits<Result>(ofRow index: Int, _ body: (Span<Float>) -> Result) throws(ModelError) -> Result {
        guard self.offsets.indices.contains(index), let offset = self.offsets[index] else {
            throw .invalidRows(reason: "row \(index) of the latest pass has no logits")
        }
        return self.logits.withUnsafeBufferPointer { logits in
            body(UnsafeBufferPointer(rebasing: logits[offset..<offset + self.vocabulary.size]).span)
        }
    }

    public func rollBack(slot: Int, to position: Int) throws(ModelError) {
        guard try self.table.needsRollBack(slot: slot, to: position) else { return }
        self.table.set(slot: slot, to: position)
        self.tokens[slot].removeLast(self.tokens[slot].count - position)
    }

    public func copy(from source: Int, to slot: Int, count: Int) throws(ModelError) {
        try self.table.checkCopy(from: source, to: slot, count: count)
        self.table.set(slot: slot, to: count)
        self.tokens[slot] = Array(self.tokens[source].prefix(count))
    }
}
