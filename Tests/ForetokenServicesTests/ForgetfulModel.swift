import ForetokenEngine
import Speculation

/// A model that can only forget a whole slot, as one with a recurrent state.
final class ForgetfulModel: LanguageModel {
    private struct StoppingTokenizer: Tokenizer {
        let tokenizer: any Tokenizer
        /// Of chats, beside the strings of a transcript.
        let stop: [String]

        var longestToken: Int? { self.tokenizer.longestToken }
        func tokenize(_ text: String) throws(ModelError) -> [Token] { try self.tokenizer.tokenize(text) }

        func tokenize(chat turns: [ChatTurn], mostTokens: Int) throws(ModelError) -> TokenizedPrompt {
            var prompt = try self.tokenizer.tokenize(chat: turns, mostTokens: mostTokens)
            prompt.stop += self.stop
            return prompt
        }
    }

    private let model: SyntheticModel
    let tokenizer: any Tokenizer

    init(_ model: SyntheticModel, stop: [String] = []) {
        self.model = model
        self.tokenizer = StoppingTokenizer(tokenizer: model.tokenizer, stop: stop)
    }

    var description: ModelDescription { self.model.description }
    var vocabulary: Vocabulary { self.model.vocabulary }
    var slots: Int { self.model.slots }
    var maxRows: Int { self.model.maxRows }
    var canRollBack: Bool { false }

    func decode(_ rows: [Row]) throws(ModelError) { try self.model.decode(rows) }

    func withLogits<Result>(ofRow index: Int, _ body: (Span<Float>) -> Result) throws(ModelError) -> Result {
        try self.model.withLogits(ofRow: index, body)
    }

    func rollBack(slot: Int, to position: Int) throws(ModelError) {
        guard position == 0 || position >= self.model.tokens[slot].count else {
            throw .cannotRollBack(reason: "it forgets a slot as a whole only")
        }
        try self.model.rollBack(slot: slot, to: position)
    }

    func copy(from source: Int, to slot: Int, count: Int) throws(ModelError) {
        throw .cannotRollBack(reason: "it remembers a slot as a whole only")
    }
}
