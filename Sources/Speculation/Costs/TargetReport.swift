/// What a target measured of itself: what a draft needs to know to price a row.
public struct TargetReport: Equatable, Sendable {
    /// Rate of all its sequences, over the time in which it had any.
    public var tokensPerSecond: Double
    /// The same, not counting the time of prefills; 0 where it is not told.
    public var decodeTokensPerSecond: Double
    /// Rows of a recent pass, without those of prefills; 0 while the target has no sequence.
    public var rows: Double
    /// That it has now; 0 where it is not told.
    public var sequences: Int
    public var passTime: [PassTime.Point]

    public init(
        tokensPerSecond: Double, decodeTokensPerSecond: Double = 0, rows: Double, sequences: Int = 0,
        passTime: [PassTime.Point]
    ) {
        self.tokensPerSecond = tokensPerSecond
        self.decodeTokensPerSecond = decodeTokensPerSecond
        self.rows = rows
        self.sequences = sequences
        self.passTime = passTime
    }

    /// Tokens that a second is worth: the rate that counts no prefills, where it is told.
    public var price: Double { max(self.tokensPerSecond, self.decodeTokensPerSecond) }
}
