public struct OpenRequest: Equatable, Sendable {
    public var request: Request
    /// Name of the draft that shall mirror the sequence; empty: none.
    public var draft: String
    /// The rule the draft shall use.
    public var lookahead: String

    public init(request: Request, draft: String = "", lookahead: String = "") {
        self.request = request
        self.draft = draft
        self.lookahead = lookahead
    }
}

public struct Opened: Equatable, Sendable {
    public var sequence: UInt64
    public var promptTokens: Int

    public init(sequence: UInt64, promptTokens: Int) {
        self.sequence = sequence
        self.promptTokens = promptTokens
    }
}

public struct AssignRequest: Equatable, Sendable {
    public var sequence: UInt64
    public var draft: String

    public init(sequence: UInt64, draft: String) {
        self.sequence = sequence
        self.draft = draft
    }
}
