public import Speculation

/// A model with KV slots. Owned by one thread, and never used from another.
///
/// A slot holds the rows of one sequence at positions 0, 1, 2 and so on, without a gap.
public protocol LanguageModel: AnyObject {
    var description: ModelDescription { get }
    var vocabulary: Vocabulary { get }
    var slots: Int { get }
    /// Rows of one `decode` at most.
    var maxRows: Int { get }

    /// Whether the tail of a slot can be taken back. A model that cannot writes alone: it neither drafts nor checks.
    var canRollBack: Bool { get }

    /// Makes tokens of prompts, on any thread.
    var tokenizer: any Tokenizer { get }

    /// Computes rows and adds them to their slots. Rows of one slot must continue it exactly.
    /// After an error the slots hold what they held before, or are to be rolled back by the caller.
    func decode(_ rows: [Row]) throws(ModelError)

    /// Lends the logits of a row of the latest `decode`, one for each token of the vocabulary.
    ///
    /// - Parameter index: of a row that wanted logits, in the array given to `decode`.
    func withLogits<Result>(ofRow index: Int, _ body: (Span<Float>) -> Result) throws(ModelError) -> Result

    /// Drops the rows of a slot at `position` and behind. Rolling back to 0 never fails.
    func rollBack(slot: Int, to position: Int) throws(ModelError)

    /// Makes a slot hold exactly the first rows of another, whatever it held; the other goes on as before.
    ///
    /// - Throws: `ModelError.cannotRollBack` for a model that cannot; `.invalidRows` where the source holds fewer rows.
    func copy(from source: Int, to slot: Int, count: Int) throws(ModelError)
}

extension LanguageModel {
    /// The tokens of a text, however many.
    public func tokenize(_ text: String) throws(ModelError) -> [Token] { try self.tokenizer.tokenize(text) }

    /// The tokens of a chat, however many.
    public func tokenize(chat turns: [ChatTurn]) throws(ModelError) -> TokenizedPrompt {
        try self.tokenizer.tokenize(chat: turns, mostTokens: .max)
    }

    /// Feeds tokens to a slot, in as many passes as they need; only the last one's row has logits.
    ///
    /// - Returns: the row of the last token.
    public func feed(_ tokens: [Token], at position: Int, slot: Int) throws(ModelError) -> Int {
        var done = 0
        while true {
            let count = min(tokens.count - done, self.maxRows)
            let isLast = done + count == tokens.count
            try self.decode(
                (0..<count).map { index in
                    Row(
                        token: tokens[done + index], slot: slot, position: position + done + index,
                        wantsLogits: isLast && index == count - 1)
                })
            if isLast { return count - 1 }
            done += count
        }
    }
}

/// One token of a pass.
public struct Row: Equatable, Sendable {
    public var token: Token
    public var slot: Int
    public var position: Int
    public var wantsLogits: Bool

    public init(token: Token, slot: Int, position: Int, wantsLogits: Bool) {
        self.token = token
        self.slot = slot
        self.position = position
        self.wantsLogits = wantsLogits
    }
}
