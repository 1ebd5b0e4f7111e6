public import Speculation

/// From the coordinator: greet this target, and keep greeting it.
public struct AttachRequest: Equatable, Sendable {
    public var address: String
    /// The target's public key, in Z85; empty where the links have no keys.
    public var key: String

    public init(address: String, key: String = "") {
        self.address = address
        self.key = key
    }
}

/// From the target: mirror this sequence from now on.
public struct MirrorRequest: Equatable, Sendable {
    public var sequence: UInt64
    public var tokens: [Token]
    public var sampling: Sampling
    public var ending: Ending
    public var lookahead: LookaheadRule
    /// No draft token at or beyond this position is of use.
    public var endPosition: Int
    /// Most draft tokens that the coordinator allows in flight; `nil`: no bound.
    public var window: Int?
    /// Whether the draft computes on the target's cores, in turn with it.
    public var takesTurns: Bool
    public var trace: TraceParent?

    public init(
        sequence: UInt64, tokens: [Token], sampling: Sampling, ending: Ending = Ending(),
        lookahead: LookaheadRule, endPosition: Int, window: Int? = nil, takesTurns: Bool = false,
        trace: TraceParent? = nil
    ) {
        self.sequence = sequence
        self.tokens = tokens
        self.sampling = sampling
        self.ending = ending
        self.lookahead = lookahead
        self.endPosition = endPosition
        self.window = window
        self.takesTurns = takesTurns
        self.trace = trace
    }
}

/// From the target: the sequence is over, or another draft has it.
public struct Release: Equatable, Sendable {
    public var sequence: UInt64

    public init(sequence: UInt64) {
        self.sequence = sequence
    }
}
