/// Drafts by `MarginalRule`, and decides when to send what was drafted, when to abstain, and when to try.
///
/// What is drafted is sent when it is worth its rows and its sending; otherwise the draft abstains, and the target goes
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
    /// The part of what is predicted of a block that comes true.
    private var correction = 1.0

    private enum Mode {
        case drafting
        /// At least one token is sent, whether it pays or not.
        case probing
        /// Nothing is sent, and one token drafted, so that a pass without a block is seen.
        case silent
    }

    /// Rounds without a block in a row, as far as they count.
    private var silentRounds = 0
    private static let mostSilent = 32
    /// Rounds of the sequence.
    private var rounds = 0
    /// Least cost of a probe, in tokens, when blocks seem to pay but none is sent.
    private static let leastLoss = 0.3

    /// An acceptance that further tokens will hardly exceed.
    private static let hope = 0.97

    public init(context: LookaheadContext = LookaheadContext()) {
        self.context = context
    }

    public mutating func begin(in context: inout LookaheadContext) {
        let price = context.price
        let first = MarginalRule.gain(
            behind: 0, survival: 1, next: context.nextAcceptance(index: 0, last: nil), at: price)
        let gain = context.marginal.blocks.gain(at: price) ?? first
        self.isSunk = max(first, gain) > price.perBlock
        self.least = self.isSunk && self.hadBlock ? 0 : price.perBlock
        self.hadBlock = false
        self.correction = context.marginal.blocks.correction
        context.marginal.probing.earn()
        if !price.knowsAlone {
            self.mode = .silent
        } else {
            // What is never sent teaches nothing of blocks, so that a wrong estimate could last.
            let loss = max(
                price.perBlock - gain, self.silentRounds >= Self.mostSilent ? max(price.perBlock, Self.leastLoss) : 0)
            self.mode = loss > 0 && context.marginal.probing.affords(loss: loss) ? .probing : .drafting
        }
        self.silentRounds = min(self.silentRounds + 1, Self.mostSilent)
        self.rounds &+= 1
        self.context = context
    }

    public mutating func beginAhead(in context: LookaheadContext) {
        self.context = context
        self.correction = context.marginal.blocks.correction
        (self.mode, self.isSunk, self.least) = (.drafting, true, 0)
    }

    /// A draft token that takes longer than one of the target pays nowhere, and its work is not free to a target on the
    /// same machine.
    private var isLookingUp: Bool {
        if self.context.price.perDraftToken >= 1 { return self.rounds % 256 == 0 }
        return self.silentRounds < Self.mostSilent || self.rounds % 4 == 0
    }

    public mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) {
        self.silentRounds = 0
        self.hadBlock = true
    }

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        guard drafted.count < LookaheadRule.mostTokens else { return false }
        // A first token is drafted even where nothing pays: its fate tells when that changes. Where it has not changed
        // for long, one is drafted now and then only.
        guard !drafted.isEmpty else { return self.mode != .drafting || self.isSunk || self.isLookingUp }
        guard self.mode != .silent else { return false }
        let survival = self.context.acceptance.survival(of: drafted)
        let next = self.context.nextAcceptance(
            index: drafted.count, last: survival[drafted.count] / survival[drafted.count - 1])
        let last = survival[drafted.count]
        let price = self.context.price
        guard MarginalRule.gain(behind: drafted.count, survival: last, next: next, at: price) > 0 else { return false }
        let hoped = MarginalRule.gain(behind: drafted.count, survival: last, next: Self.hope, at: price)
        return self.mode == .probing || self.worth(survival).sum + hoped > self.least
    }

    /// What a block brings beyond its rows, and beyond its drafting where that could be saved, at the number of its
    /// tokens that brings most.
    private func worth(_ survival: [Double]) -> (sum: Double, count: Int) {
        let (best, count) = MarginalRule.worth(
            of: survival.dropFirst().lazy.map { $0 * self.correction }, at: self.context.price)
        let drafting = self.isSunk ? 0 : Double(survival.count - 1) * self.context.price.perDraftToken
        return (best - drafting, count)
    }

    /// As many as bring most, where that is more than the round trip costs.
    public func sendCount(of drafted: [DraftedToken]) -> Int {
        let worth = self.worth(self.context.acceptance.survival(of: drafted))
        switch self.mode {
        case .silent: return 0
        case .probing: return max(worth.count, min(1, drafted.count))
        case .drafting: return worth.sum > self.least ? worth.count : 0
        }
    }
}
