/// What a text begins with, as the client gave it; the target makes tokens of it.
public enum PromptForm: Equatable, Sendable {
    /// A text to go on with as it is.
    case text(String)
    /// Messages that the model's own chat template, or a plain transcript where it has none, puts in order.
    case chat([ChatTurn])
    /// Tokens of the target's vocabulary, taken as they are.
    case tokens([Token])

    /// Whether there is nothing to begin with.
    public var isEmpty: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .chat(let turns): turns.isEmpty
        case .tokens(let tokens): tokens.isEmpty
        }
    }
}

extension PromptForm: ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) {
        self = .text(text)
    }
}

/// One message of a chat.
public struct ChatTurn: Equatable, Sendable {
    /// Who speaks, such as `system`, `user` or `assistant`.
    public var role: String
    public var content: String

    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }

    /// Bytes of a role at most.
    private static let longestRole = 64

    /// Whether a name can be a role: a few letters, digits, `_` and `-` of ASCII, so that it cannot forge what a
    /// template puts around it.
    public static func isRole(_ name: String) -> Bool {
        (1...Self.longestRole).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
