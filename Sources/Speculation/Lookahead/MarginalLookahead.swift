/// Lengthens a block while one more token is worth more than it costs, and sends what is then worth its way.
///
/// Drafting is foraging: stay as long as the next token pays better than the average of moving on (Charnov, "Optimal
/// foraging, the marginal value theorem", 1976). With S the probability that everything drafted so far is accepted and
/// m the predicted acceptance of the next token, one more token brings S m tokens and takes the time of drafting it and
/// of its row; `Price` tells these times in tokens, at the measured rate (see `PriceBook`). Where rows have one price,
/// the rule is: one more while S m > row + draft token. Where the pass time has steps, it looks over them.
///
/// What is drafted is sent when it is worth its rows and its sending; otherwise the draft rests, and the target goes
/// alone. What is drafted then costs the target nothing, and what the target writes shows what it was worth. A rare probe
/// keeps fresh what is known of blocks. Its constants are ours, and nothing is left to be tuned for a place.
public struct MarginalLookahead: Lookahead {
    private var context: LookaheadContext
    private var mode = Mode.drafting
    /// Whether blocks pay on average, so that the time of drafting one is spent either way.
    private var isSunk = true
    /// Whether the last round had a block, and with it whether the target waits.
    private var hadBlock = false
    /// What a block has to bring beyond its rows: what it costs to send it, unless that is spent already.
    private var least = 0.0
    /// Of what is predicted of a block, the part that comes true.
    private var correction = 1.0

    private enum Mode {
        case drafting
        /// At least one token is sent, whether it pays or not.
        case probing
        /// Nothing is sent, and one token drafted, so that a pass without a block is seen.
        case resting
    }

    /// Rounds without a block, as far as they count.
    private var silent = 0
    private static let mostSilent = 32
    /// Of the sequence.
    private var rounds = 0
    /// Of a probe when blocks seem to pay, but none is sent, in tokens.
    private static let leastLoss = 0.3

    /// Acceptance of each token that is beyond hope.
    private static let hope = 0.97

    public init(context: LookaheadContext = LookaheadContext()) {
        self.context = context
    }

    public mutating func begin(in context: inout LookaheadContext) {
        let price = context.price
        let first = Self.gain(from: 0, survival: 1, next: context.nextAcceptance(index: 0, last: nil), at: price)
        let gain = context.blocks.gain(at: price) ?? first
        self.isSunk = max(first, gain) > price.perBlock
        self.least = self.isSunk && self.hadBlock ? 0 : price.perBlock
        self.hadBlock = false
        self.correction = context.blocks.correction
        context.probing.earn()
        if !price.knowsAlone {
            self.mode = .resting
        } else {
            // What is never sent teaches nothing of blocks, so that a wrong estimate could last.
            let loss = max(
                price.perBlock - gain, self.silent >= Self.mostSilent ? max(price.perBlock, Self.leastLoss) : 0)
            self.mode = loss > 0 && context.probing.affords(loss: loss) ? .probing : .drafting
        }
        self.silent = min(self.silent + 1, Self.mostSilent)
        self.rounds &+= 1
        self.context = context
    }

    public mutating func beginAhead(in context: LookaheadContext) {
        self.context = context
        self.correction = context.blocks.correction
        (self.mode, self.isSunk, self.least) = (.drafting, true, 0)
    }

    /// A draft token that takes longer than one of the target pays nowhere, and its work is not free to a target on the
    /// same machine.
    private var isLookingUp: Bool {
        if self.context.price.perDraftToken >= 1 { return self.rounds % 256 == 0 }
        return self.silent < Self.mostSilent || self.rounds % 4 == 0
    }

    public mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) {
        self.silent = 0
        self.hadBlock = true
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
        // A first token is drafted even where nothing pays: its fate tells when that changes. After long, now and then
        // does.
        guard !drafted.isEmpty else { return self.mode != .drafting || self.isSunk || self.isLookingUp }
        guard self.mode != .resting else { return false }
        let survival = self.context.acceptance.survival(of: drafted)
        let next = self.context.nextAcceptance(
            index: drafted.count, last: survival[drafted.count] / survival[drafted.count - 1])
        let last = survival[drafted.count]
        guard Self.gain(from: drafted.count, survival: last, next: next, at: self.context.price) > 0 else {
            return false
        }
        let hoped = Self.gain(from: drafted.count, survival: last, next: Self.hope, at: self.context.price)
        return self.mode == .probing || self.worth(survival).sum + hoped > self.least
    }

    /// What a block brings beyond its rows, and beyond its drafting where that could be saved, at the number of its tokens
    /// that brings most.
    private func worth(_ survival: [Double]) -> (sum: Double, count: Int) {
        var (sum, best, count) = (0.0, 0.0, 0)
        for (index, survival) in survival.dropFirst().enumerated() {
            sum += survival * self.correction - self.context.price.row(at: index)
            if sum > best { (best, count) = (sum, index + 1) }
        }
        let drafting = self.isSunk ? 0 : Double(survival.count - 1) * self.context.price.perDraftToken
        return (best - drafting, count)
    }

    /// As many as bring most, where that is more than the round trip costs.
    public func sendCount(of drafted: [DraftedToken]) -> Int {
        let worth = self.worth(self.context.acceptance.survival(of: drafted))
        switch self.mode {
        case .resting: return 0
        case .probing: return max(worth.count, min(1, drafted.count))
        case .drafting: return worth.sum > self.least ? worth.count : 0
        }
    }
}
