/// What it costs to lengthen a block, in expected tokens: a draft token is worth its survival probability.
public struct Price: Equatable, Sendable {
    /// Price of each further row in the target's pass, the first draft token's first; the last one holds for all beyond.
    /// Tokens a second of all the target's sequences, times the marginal time of the row. At least one.
    public var rows: [Double]
    /// Price of drafting one more token: tokens a second of the sequence, times the time of a draft token. Of a
    /// draft on the target's cores: tokens a second of all its sequences, times a sequence's share of a step.
    public var perDraftToken: Double
    /// Price of sending a block at all, however short, instead of letting the target go alone: tokens a second of the
    /// sequence, times the time that the network adds to the round.
    public var perBlock: Double
    /// Whether what the target does alone was measured recently. Without that, a bad block looks no worse than none.
    public var knowsAlone = true

    public init(rows: [Double], perDraftToken: Double, perBlock: Double = 0) {
        precondition(!rows.isEmpty)
        self.rows = rows
        self.perDraftToken = perDraftToken
        self.perBlock = perBlock
    }

    public init(perRow: Double, perDraftToken: Double, perBlock: Double = 0) {
        self.init(rows: [perRow], perDraftToken: perDraftToken, perBlock: perBlock)
    }

    /// Price of the row that the draft token at an index of the block needs.
    public func row(at index: Int) -> Double {
        self.rows[min(max(index, 0), self.rows.count - 1)]
    }
}
