public import Speculation

/// What a client asks for.
public struct Request: Equatable, Sendable {
    /// A text, a chat or tokens, never empty.
    public var prompt: PromptForm
    /// Tokens of the answer that the client has already: generation goes on behind them.
    public var committed: [Token]
    public var sampling: Sampling
    /// New tokens at most, those of `committed` counted; 0: as many as the context holds.
    public var maxTokens: Int
    /// New tokens at least, those of `committed` counted: before that, neither a token nor a stop string ends the text.
    public var minTokens: Int
    /// Whether the text goes on behind an end-of-generation token.
    public var ignoresEnd: Bool
    public var stop: [String]
    /// The rule that a draft uses; `nil`: the coordinator chooses.
    public var lookahead: LookaheadRule?
    /// Send the two best scores with every token.
    public var scores: Bool
    /// Send with every token its log-probability, and this many of the most probable tokens at its place, up to
    /// `Likelihood.mostTop`; `nil`: neither.
    public var likelihoods: Int?
    /// Weights that have written `committed`, as they were told with it: others do not go on with it. 0: not known.
    public var weightsFingerprint: UInt64
    public var names: RequestNames

    public init(
        prompt: PromptForm, committed: [Token] = [], sampling: Sampling = .greedy, maxTokens: Int = 0,
        minTokens: Int = 0, ignoresEnd: Bool = false, stop: [String] = [], lookahead: LookaheadRule? = nil,
        scores: Bool = false, likelihoods: Int? = nil, weightsFingerprint: UInt64 = 0,
        names: RequestNames = RequestNames()
    ) {
        self.prompt = prompt
        self.committed = committed
        self.sampling = sampling
        self.maxTokens = maxTokens
        self.minTokens = minTokens
        self.ignoresEnd = ignoresEnd
        self.stop = stop
        self.lookahead = lookahead
        self.scores = scores
        self.likelihoods = likelihoods
        self.weightsFingerprint = weightsFingerprint
        self.names = names
    }
}

/// Tokens that are part of the text for good.
public struct Committed: Equatable, Sendable {
    /// Index of the first piece in the answer, counted from 0.
    public var index: Int
    public var pieces: [Piece]
    public var finish: FinishReason?
    /// With the last message of a call.
    public var statistics: Statistics?
    /// From a coordinator, with the first pieces of a call: the weights that write the text. 0: not told.
    public var weightsFingerprint: UInt64

    public init(
        index: Int, pieces: [Piece], finish: FinishReason? = nil, statistics: Statistics? = nil,
        weightsFingerprint: UInt64 = 0
    ) {
        self.index = index
        self.pieces = pieces
        self.finish = finish
        self.statistics = statistics
        self.weightsFingerprint = weightsFingerprint
    }
}
