internal import Speculation

/// What a text begins with.
///
/// A string literal is a text:
/// ```swift
/// try await client.complete("def fibonacci(n):")
/// try await client.complete(.chat([.system("Answer in one line."), .user("What is a monad?")]))
/// ```
public enum Prompt: Equatable, Sendable {
    /// A text to go on with, at least one character.
    case text(String)
    /// A chat to answer, at least one message.
    ///
    /// The target puts it in order as its model's own chat template says, of the kinds that libllama knows; names of the
    /// model's control tokens in a message are text. A model without a template is given a transcript: each message is a paragraph that begins with its role, as in
    /// `User: Hello`, the last one is `Assistant:`, and the answer ends where the model goes on for anybody else.
    /// Such an answer mostly begins with the blank behind `Assistant:`.
    ///
    /// A template of a kind that libllama does not know is an error of the code `INVALID_ARGUMENT`.
    case chat([ChatMessage])
    /// Tokens of the target's vocabulary, at least one, taken as they are: no token to begin the text is put before.
    case tokens([UInt32])
}

extension Prompt: ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) {
        self = .text(text)
    }
}

extension Prompt {
    var form: PromptForm {
        switch self {
        case .text(let text): .text(text)
        case .chat(let messages): .chat(messages.map { ChatTurn(role: $0.role.rawValue, content: $0.content) })
        case .tokens(let tokens): .tokens(tokens)
        }
    }

    /// What no target would take.
    var fault: ForetokenError? {
        switch self {
        case .text(""):
            ForetokenError(.invalidArgument, "the prompt is empty", wayOut: "give at least one character")
        case .chat([]):
            ForetokenError(.invalidArgument, "the chat is empty", wayOut: "give at least one message")
        case .chat(let messages) where !messages.allSatisfy { ChatTurn.isRole($0.role.rawValue) }:
            ForetokenError(
                .invalidArgument, "the role of a message is not a valid name",
                wayOut: "use system, user or assistant, or up to 64 letters, digits, _ and -")
        case .tokens([]):
            ForetokenError(.invalidArgument, "the prompt is empty", wayOut: "give at least one token")
        default: nil
        }
    }
}
