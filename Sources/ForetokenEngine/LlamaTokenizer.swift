internal import Llama
internal import Speculation

/// The tokenizer of a model that llama.cpp runs.
///
/// It reads the model's vocabulary and metadata alone, which nothing changes once the model is loaded: the library takes
/// them as `const`, on any thread. So it is `Sendable`, and keeps the model alive.
struct LlamaTokenizer: Tokenizer, @unchecked Sendable {
    private let model: Model
    let longestToken: Int?

    init(_ model: Model) {
        self.model = model
        self.longestToken = model.vocabulary.longestToken
    }

    func tokenize(_ text: String) throws(ModelError) -> [Token] {
        let tokens: [Int32]
        do {
            tokens = try self.model.vocabulary.tokenize(text)
        } catch {
            throw .cannotTokenize(reason: "it is too long")
        }
        if tokens.isEmpty {
            throw .cannotTokenize(reason: "it is empty, and this model has no token to begin a text with")
        }
        return tokens.map { Token($0) }
    }

    /// Tokens of a chat, by the model's own template; as a plain transcript where the file has none.
    ///
    /// Names of control tokens in messages are text, as they are in `tokenize(_:)`.
    /// - Throws: `ModelError.unknownChatTemplate`; `.cannotTokenize` for a message that no template can carry.
    func tokenize(chat turns: [ChatTurn], mostTokens: Int) throws(ModelError) -> TokenizedPrompt {
        guard let template = self.model.chatTemplate else {
            let transcript = Transcript(turns)
            try self.checkLength(transcript.text.utf8.count, mostTokens: mostTokens)
            return TokenizedPrompt(tokens: try self.tokenize(transcript.text), stop: transcript.stop)
        }
        let messages = turns.map { ChatTemplate.Message(role: $0.role, content: $0.content) }
        let tokens: [Int32]
        do {
            let text = try template.render(messages)
            try self.checkLength(text.utf8.count, mostTokens: mostTokens)
            tokens = try self.model.vocabulary.tokenize(chat: messages, by: template)
        } catch let error as LlamaError {
            throw ModelError(error, path: self.model.name)
        } catch let error as ModelError {
            throw error
        } catch {
            throw .cannotTokenize(reason: "\(error)")
        }
        return TokenizedPrompt(tokens: tokens.map { Token($0) })
    }
}
