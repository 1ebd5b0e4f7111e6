/// Lengthens a block while one more token is worth more than it costs, and sends what is then worth its row.
///
/// Drafting is foraging: stay as long as the next token pays better than the average of moving on (Charnov, "Optimal
/// foraging, the marginal value theorem", 1976). With S the probability that everything drafted so far is accepted and
/// m the predicted acceptance of the next token, one more token brings S m tokens and takes the time of drafting it and
/// of its row; `Price` tells these times in tokens, at the measured rate (see `PriceBook`). Where rows have one price,
/// the rule is: one more while S m > row + draft token. Where the pass time has steps, it looks over them.
///
/// A drafted token's own cost is sunk: it is sent when that pays for its row alone. Whether to send a block at all is
/// weighed against the whole round trip; when that does not pay, the target goes alone, and a rare probe notices when
/// that changes. Nothing is to be tuned.
public struct MarginalLookahead: Lookahead {
    private var context: LookaheadContext
    private var mode = Mode.drafting
    /// Blocks of late, in a row, of which nothing was heard: all their tokens were dropped.
    private var silent = 0

    /// Dropped tokens teach nothing, so that a wrong estimate could last: after so many silent blocks one is sent.
    private static let mostSilent = 4

    private enum Mode {
        case drafting
        /// At least one token is sent, whether it pays or not.
        case probing
        case resting
    }

    public init(context: LookaheadContext = LookaheadContext()) {
        self.context = context
    }

    public mutating func begin(in context: inout LookaheadContext) {
        let price = context.price
        // The first estimate knows how likely the next token is, the second how well blocks are cut.
        let first = Self.gain(from: 0, survival: 1, next: context.nextAcceptance(index: 0, last: nil), at: price)
        let blocks = context.blocks.gain(at: price)
        let gain = max(first, blocks?.mean ?? first)
        context.probing.earn()
        if !price.knowsAlone {
            self.mode = .resting
        } else if gain > price.perBlock {
            self.mode = blocks != nil && self.silent < Self.mostSilent ? .drafting : .probing
            self.silent += 1
        } else {
            // Bad luck with few blocks is no reason to end drafting.
            let isHopeful = (blocks?.hopeful ?? 0) > price.perBlock
            self.mode = isHopeful || context.probing.affords(loss: price.perBlock - gain) ? .probing : .resting
        }
        if self.mode == .resting { context.rest() }
        self.context = context
    }

    /// The most that further tokens can bring beyond their cost, if each is accepted with probability `next`.
    ///
    /// - Parameters:
    ///   - count: tokens that the block has.
    ///   - survival: the probability that they are all accepted.
    private static func gain(from count: Int, survival: Double, next: Double, at price: Price) -> Double {
        var (worth, sum, best) = (survival, 0.0, 0.0)
        for index in count..<max(count, LookaheadRule.mostTokens) {
            worth *= next
            guard worth > price.perDraftToken else { break }
            sum += worth - price.perDraftToken - price.row(at: index)
            best = max(best, sum)
            // Prices of one kind from here on: what does not pay now never will.
            if index + 1 >= price.rows.count, worth <= price.perDraftToken + price.row(at: index) { break }
        }
        return best
    }

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        guard drafted.count < LookaheadRule.mostTokens else { return false }
        guard !drafted.isEmpty else { return self.mode != .resting }
        let survival = self.context.acceptance.survival(of: drafted)
        let next = self.context.nextAcceptance(
            index: drafted.count, last: survival[drafted.count] / survival[drafted.count - 1])
        return Self.gain(from: drafted.count, survival: survival[drafted.count], next: next, at: self.context.price) > 0
    }

    public mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) {
        self.silent = 0
    }

    /// As many as bring most. The round trip was weighed before: what begins as a block goes on as one.
    public func sendCount(of drafted: [DraftedToken]) -> Int {
        var (sum, best, count) = (0.0, 0.0, 0)
        for (index, survival) in self.context.acceptance.survival(of: drafted).dropFirst().enumerated() {
            sum += survival - self.context.price.row(at: index)
            if sum > best { (best, count) = (sum, index + 1) }
        }
        return self.mode == .probing ? max(count, min(1, drafted.count)) : count
    }
}
