public import Speculation

/// Makes tokens of prompts. Usable on any thread, next to the passes of its model.
public protocol Tokenizer: Sendable {
    /// Bytes of a text that one token stands for at most; `nil` where some may come to no token at all.
    var longestToken: Int? { get }

    /// The tokens of a text, with the model's own beginning-of-sequence token where it wants one.
    func tokenize(_ text: String) throws(ModelError) -> [Token]

    /// The tokens of a chat, ended by the cue for the assistant's answer.
    ///
    /// - Parameters:
    ///   - turns: at least one.
    ///   - mostTokens: a chat that comes to more by its bytes alone is not tokenized.
    /// - Throws: `ModelError.promptTooLong` in that case.
    func tokenize(chat turns: [ChatTurn], mostTokens: Int) throws(ModelError) -> TokenizedPrompt
}

extension Tokenizer {
    /// A plain transcript, for a model that has no template of its own.
    public func tokenize(chat turns: [ChatTurn], mostTokens: Int) throws(ModelError) -> TokenizedPrompt {
        let transcript = Transcript(turns)
        try self.checkLength(transcript.text.utf8.count, mostTokens: mostTokens)
        return TokenizedPrompt(tokens: try self.tokenize(transcript.text), stop: transcript.stop)
    }

    /// - Throws: `ModelError.promptTooLong` where that many bytes of text are certain to be more tokens.
    func checkLength(_ bytes: Int, mostTokens: Int) throws(ModelError) {
        guard let longest = self.longestToken, longest > 0 else { return }
        let least = bytes / longest + (bytes % longest > 0 ? 1 : 0)
        if least > mostTokens { throw .promptTooLong(leastTokens: least) }
    }
}
