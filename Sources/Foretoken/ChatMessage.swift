/// One message of a chat.
public struct ChatMessage: Equatable, Sendable {
    /// Who says it.
    public var role: Role
    /// May be empty.
    public var content: String

    public init(role: Role, content: String) {
        self.role = role
        self.content = content
    }

    /// What the model is to keep to.
    public static func system(_ content: String) -> Self { Self(role: .system, content: content) }
    /// What the user says.
    public static func user(_ content: String) -> Self { Self(role: .user, content: content) }
    /// What the model has answered.
    public static func assistant(_ content: String) -> Self { Self(role: .assistant, content: content) }

    /// Who speaks: up to 64 letters, digits, `_` and `-` of ASCII. What a model makes of a role other than these three
    /// is its template's affair.
    public struct Role: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
        public var rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        public init(stringLiteral name: String) {
            self.init(rawValue: name)
        }

        /// The instructions that the model is to keep to.
        public static let system: Self = "system"
        /// The person who asks.
        public static let user: Self = "user"
        /// The model.
        public static let assistant: Self = "assistant"

        public var description: String { self.rawValue }
    }
}
