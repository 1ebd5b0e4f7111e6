/// What a sequence has cost so far: counters only, rates are derived.
public struct Statistics: Equatable, Sendable {
    public var promptTokens = 0
    /// Tokens of the prompt that were computed already, for another sequence.
    public var reusedTokens = 0
    public var generatedTokens = 0
    /// Passes of the target that committed tokens of this sequence.
    public var targetPasses = 0
    /// Passes among them whose time is in `passMicroseconds`.
    public var timedPasses = 0
    /// Draft tokens that a pass held.
    public var draftTokens = 0
    public var acceptedTokens = 0
    /// Accepted tokens at each place among the draft tokens of their pass; the last counts all places from
    /// `countedPositions` on.
    public var acceptedPerPosition = [Int](repeating: 0, count: Statistics.countedPositions + 1)
    /// Passes that held draft tokens.
    public var rounds = 0
    /// Blocks of no use when they came.
    public var staleBlocks = 0
    /// Times a block was waited for in vain.
    public var missedBlocks = 0
    /// Times another target went on with the text.
    public var resumptions = 0
    public var prefillMicroseconds: UInt64 = 0
    /// From the end of the prefill to the last token.
    public var generationMicroseconds: UInt64 = 0
    /// Time of the passes after the prefill.
    public var passMicroseconds: UInt64 = 0
    public var draftingMicroseconds: UInt64 = 0
    /// Time the sequence waited for blocks.
    public var waitedMicroseconds: UInt64 = 0
    /// What the target would have taken for the tokens of `generationMicroseconds` if its passes, with the same rows of
    /// other sequences otherwise, had held no draft tokens at all.
    public var aloneMicroseconds: UInt64 = 0
    /// Size of the messages from the draft, and to it, as they are encoded.
    public var blockBytes: UInt64 = 0
    public var verdictBytes: UInt64 = 0
    /// The draft's latest measure of the round trip.
    public var roundTripMicroseconds: UInt64 = 0

    /// The draft's latest measure of the time of one of its tokens.
    public var draftTokenMicroseconds = 0.0
    /// Draft tokens whose fate is known: those accepted, and the first rejected one of each round.
    public var judgedTokens = 0
    /// Sum of the draft's predictions for `predictedTokens`, the judged ones that it sent one for.
    public var predictedAcceptances = 0.0
    public var predictedTokens = 0
    /// Sum of what the first token of a block had to be worth, over `pricedBlocks`; in tokens.
    public var prices = 0.0
    public var pricedBlocks = 0

    /// Positions that `acceptedPerPosition` tells apart.
    public static let countedPositions = 16

    public init() {}

    /// Accepted of drafted; 0 before the first round.
    public var acceptanceRate: Double {
        self.draftTokens == 0 ? 0 : Double(self.acceptedTokens) / Double(self.draftTokens)
    }

    /// Tokens committed by a target pass, the bonus counted; 0 before the first.
    public var acceptanceLength: Double {
        self.targetPasses == 0 ? 0 : Double(self.generatedTokens) / Double(self.targetPasses)
    }
}
