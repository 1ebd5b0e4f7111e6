/// Whose shape an answer has.
enum AnswerForm: Sendable {
    case completion
    case chat

    var object: String {
        switch self {
        case .completion: "text_completion"
        case .chat: "chat.completion"
        }
    }

    /// Name of the kind of each part of a stream.
    var partObject: String {
        switch self {
        case .completion: "text_completion"
        case .chat: "chat.completion.chunk"
        }
    }

    var idPrefix: String {
        switch self {
        case .completion: "cmpl-"
        case .chat: "chatcmpl-"
        }
    }
}

/// What all parts of an answer begin with.
struct AnswerHead: Equatable, Sendable {
    let form: AnswerForm
    let id: String
    /// Seconds since 1970.
    let created: Int
    let model: String
    /// The rule that was asked for; empty: as the coordinator finds best.
    let lookahead: String
    /// Seed of the first choice; the others follow.
    let seed: UInt64
    /// Choices of each prompt.
    let choices: Int
}
