public import Speculation

public struct OpenRequest: Equatable, Sendable {
    public var request: Request
    /// Name of the draft that shall mirror the sequence; empty: none.
    public var draft: String
    /// The rule that the draft shall use.
    public var lookahead: LookaheadRule
    /// Most draft tokens that the coordinator allows in flight; `nil`: no bound.
    public var window: Int?
    /// Whether the draft computes on the target's cores, in turn with it.
    public var takesTurns: Bool

    public init(
        request: Request, draft: String = "", lookahead: LookaheadRule = .off, window: Int? = nil,
        takesTurns: Bool = false
    ) {
        self.request = request
        self.draft = draft
        self.lookahead = lookahead
        self.window = window
        self.takesTurns = takesTurns
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
    /// Most draft tokens that the coordinator allows in flight; `nil`: no bound.
    public var window: Int?
    /// Whether the draft computes on the target's cores, in turn with it.
    public var takesTurns: Bool
    /// From a target: the draft did not take the sequence, or was not there, rather than was lost.
    public var declined: Bool

    public init(
        sequence: UInt64, draft: String, window: Int? = nil, takesTurns: Bool = false, declined: Bool = false
    ) {
        self.sequence = sequence
        self.draft = draft
        self.window = window
        self.takesTurns = takesTurns
        self.declined = declined
    }
}
