/// What it costs to lengthen a block, in expected tokens: a draft token is worth its survival probability.
public struct Price: Equatable, Sendable {
    /// Of one more row in the target's pass: tokens a second of all its sequences, times the marginal time of a row.
    public var perRow: Double
    /// Of drafting one more token: tokens a second of the sequence, times the time of a draft token.
    public var perDraftToken: Double

    public init(perRow: Double, perDraftToken: Double) {
        self.perRow = perRow
        self.perDraftToken = perDraftToken
    }
}
