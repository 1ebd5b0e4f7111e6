/// What a draft measured of itself and of one target.
public struct DraftReport: Equatable, Sendable {
    /// Its address.
    public var target: String
    /// Time of one draft token.
    public var draftToken: Seconds
    /// Between draft and target; `nil` before the first measure.
    public var roundTrip: Seconds?
    /// Mean predicted acceptance of judged tokens.
    public var predictedAcceptance: Double
    /// Accepted of judged tokens.
    public var measuredAcceptance: Double
    /// Price of the first token of a block, in tokens: drafting it, and its row.
    public var price: Double
    /// Draft tokens that a pass held on average, of the last `passes`.
    public var lookahead: Double
    public var passes: Int
    /// Of a draft on the target's cores: what it brings beyond all that it costs, what it feeds included, in tokens for each
    /// token of a text. `nil` where that is not told.
    public var surplus: Double?

    public init(
        target: String, draftToken: Seconds, roundTrip: Seconds? = nil, predictedAcceptance: Double = 0,
        measuredAcceptance: Double = 0, price: Double = 0, lookahead: Double = 0, passes: Int = 0,
        surplus: Double? = nil
    ) {
        self.target = target
        self.draftToken = draftToken
        self.roundTrip = roundTrip
        self.predictedAcceptance = predictedAcceptance
        self.measuredAcceptance = measuredAcceptance
        self.price = price
        self.lookahead = lookahead
        self.passes = passes
        self.surplus = surplus
    }

    /// Whether enough passes were seen that the means tell of the text and not of its beginning.
    public var isSettled: Bool { self.passes >= Outlook.mostPasses }

    /// Whether the rules, after enough passes, leave the target alone but for a try now and then.
    public var abstains: Bool { self.isSettled && self.lookahead < 0.25 }

    /// Whether it costs more than it brings, as far as enough passes tell.
    public var isLoss: Bool { self.isSettled && self.surplus ?? 0 < 0 }
}
