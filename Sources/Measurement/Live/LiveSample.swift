public import Speculation

/// What one arm of a live measurement has made of one prompt, once.
public struct LiveSample: Codable, Equatable, Sendable {
    /// The rule, as `fixed:4`; or `colocated:fixed:4` where both models ran in one process in turn, without a network.
    public var arm: String
    /// One way, in milliseconds; `nil` for an arm without a link.
    public var delayMs: Double?
    /// From 0.
    public var repetition: Int
    /// Index among the report's prompts.
    public var prompt: Int
    /// Tokens of the text.
    public var generatedTokens: Int
    /// Tokens behind those of the first pass.
    public var decodedTokens: Int
    /// From the tokens of the first pass to the last token.
    public var decodingSeconds: Seconds
    /// From the request to the tokens of the first pass.
    public var firstTokenSeconds: Seconds
    public var targetPasses: Int
    /// Passes that checked draft tokens.
    public var rounds: Int
    public var draftTokens: Int
    public var acceptedTokens: Int
    /// Blocks that came too late to be of use.
    public var staleBlocks: Int
    /// Times a block was waited for in vain.
    public var missedBlocks: Int
    /// Time of the passes after the first.
    public var passSeconds: Seconds
    public var draftingSeconds: Seconds
    /// That the target waited for blocks.
    public var waitedSeconds: Seconds
    /// As the draft measured it last; 0 where it did not.
    public var roundTripSeconds: Seconds
    /// Whether the text is not that of the target alone.
    public var isDifferent: Bool

    public init(
        arm: String, delayMs: Double?, repetition: Int, prompt: Int, generatedTokens: Int, decodedTokens: Int,
        decodingSeconds: Seconds, firstTokenSeconds: Seconds, targetPasses: Int = 0, rounds: Int = 0,
        draftTokens: Int = 0, acceptedTokens: Int = 0, staleBlocks: Int = 0, missedBlocks: Int = 0,
        passSeconds: Seconds = 0, draftingSeconds: Seconds = 0, waitedSeconds: Seconds = 0,
        roundTripSeconds: Seconds = 0, isDifferent: Bool = false
    ) {
        self.arm = arm
        self.delayMs = delayMs
        self.repetition = repetition
        self.prompt = prompt
        self.generatedTokens = generatedTokens
        self.decodedTokens = decodedTokens
        self.decodingSeconds = decodingSeconds
        self.firstTokenSeconds = firstTokenSeconds
        self.targetPasses = targetPasses
        self.rounds = rounds
        self.draftTokens = draftTokens
        self.acceptedTokens = acceptedTokens
        self.staleBlocks = staleBlocks
        self.missedBlocks = missedBlocks
        self.passSeconds = passSeconds
        self.draftingSeconds = draftingSeconds
        self.waitedSeconds = waitedSeconds
        self.roundTripSeconds = roundTripSeconds
        self.isDifferent = isDifferent
    }
}
