/// Stops when a rejection somewhere in the block has become too likely: SpecDec++ (Huang, Guo, Wang, arXiv 2405.19715).
///
/// There a trained head on the draft predicts acceptance; here it is our calibrated estimate. With S the probability
/// that all tokens drafted are accepted, it stops when 1 - S exceeds the limit, with at least 2 tokens and at most 20,
/// as published; the published limits are 0.3 to 0.7. The last token is sent.
public struct CumulativeLookahead: Lookahead {
    /// Probability of a rejection in the block.
    public let limit: Double
    private var acceptance: AcceptanceModel

    public static let counts = 2...20

    public init(limit: Double, acceptance: AcceptanceModel = AcceptanceModel()) {
        self.limit = limit
        self.acceptance = acceptance
    }

    public mutating func begin(in context: inout LookaheadContext) {
        self.acceptance = context.acceptance
    }

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        guard drafted.count >= Self.counts.lowerBound else { return true }
        guard drafted.count < Self.counts.upperBound else { return false }
        return 1 - self.acceptance.survival(of: drafted).last! <= self.limit
    }
}
