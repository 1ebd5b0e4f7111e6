internal import Executors
internal import Speculation

/// Prepares prompts next to the passes of their model, on threads of its own.
///
/// Tokenizing takes as long as a prompt is long, and some tokenizers longer. So long prompts have a thread to themselves:
/// a short one waits neither for passes nor for them.
final class PromptDesk: Sendable {
    private let tokenizer: any Tokenizer
    private let vocabularySize: Int
    /// Tokens that a prompt may have.
    private let mostTokens: Int
    private let short = ThreadLoop(name: "prompts")
    private let long = ThreadLoop(name: "long prompts")

    /// Bytes of a prompt, and of its stop strings, from which on it is a long one.
    private static let longBytes = 16 << 10

    init(tokenizer: any Tokenizer, vocabularySize: Int, context: Int) {
        self.tokenizer = tokenizer
        self.vocabularySize = vocabularySize
        // One place at least is for the answer.
        self.mostTokens = context - 1
    }

    /// - Throws: `ModelError.promptTooLong` at once where the bytes of a text tell.
    func prepare(
        _ prompt: PromptForm, stop: [String], addsOwnStops: Bool
    ) async throws(ModelError) -> PreparedPrompt {
        if case .text(let text) = prompt {
            try self.tokenizer.checkLength(text.utf8.count, mostTokens: self.mostTokens)
        }
        let size = prompt.byteCount + stop.reduce(0) { $0 + $1.utf8.count }
        return try await self.run(on: size < Self.longBytes ? self.short : self.long) { () throws(ModelError) in
            let prompt = try self.tokenize(prompt)
            return PreparedPrompt(tokens: prompt.tokens, stop: StopStrings(addsOwnStops ? stop + prompt.stop : stop))
        }
    }

    /// The tokens of a text, however many.
    func tokenize(_ text: String) async throws(ModelError) -> [Token] {
        try await self.run(on: self.long) { () throws(ModelError) in try self.tokenizer.tokenize(text) }
    }

    private func run<Value: Sendable>(
        on loop: ThreadLoop, _ body: @escaping @Sendable () throws(ModelError) -> Value
    ) async throws(ModelError) -> Value {
        let result: Result<Value, ModelError> = await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: Result { () throws(ModelError) in try body() }) }
        }
        return try result.get()
    }

    private func tokenize(_ prompt: PromptForm) throws(ModelError) -> TokenizedPrompt {
        switch prompt {
        case .text(let text):
            return TokenizedPrompt(tokens: try self.tokenizer.tokenize(text))
        case .chat(let turns):
            return try self.tokenizer.tokenize(chat: turns, mostTokens: self.mostTokens)
        case .tokens(let tokens):
            guard !tokens.isEmpty else { throw .cannotTokenize(reason: "it holds no token") }
            if let token = tokens.first(where: { Int($0) >= self.vocabularySize }) {
                throw .cannotTokenize(
                    reason: "token \(token) is not in the vocabulary, which has \(self.vocabularySize) tokens")
            }
            return TokenizedPrompt(tokens: tokens)
        }
    }
}

extension PromptForm {
    /// Bytes of its texts, or of its tokens.
    fileprivate var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .chat(let turns): turns.reduce(0) { $0 + $1.role.utf8.count + $1.content.utf8.count }
        case .tokens(let tokens): tokens.count * MemoryLayout<Token>.stride
        }
    }
}
