/// Computes what a draft token costs from what drafts and targets measure.
///
/// The aim is the long-run rate: tokens over time, both summed over rounds. By Dinkelbach's argument ("On nonlinear
/// fractional programming", 1967) the policy that maximizes a ratio E[tokens] / E[seconds] is the one that maximizes
/// E[tokens] - rho E[seconds], where rho is the best ratio itself; so at the rate rho every second costs rho tokens,
/// and each part of a round has its price. Pricing at the measured rate and acting on the prices is his iteration,
/// which converges faster than linearly. The target alone is always to be had, so no second costs less than its rate.
///
/// The network enters through rho: a longer round trip lowers the rate, hence the prices, hence lengthens blocks.
public struct PriceBook: Equatable, Sendable {
    /// Rate of one sequence: tokens committed over the time of its rounds.
    public private(set) var rate = RateEstimate()
    /// Rate of all sequences of the target.
    public private(set) var targetRate = RateEstimate()
    public private(set) var passTime = PassTime()
    /// Time of one draft token; `nil` before the first.
    public private(set) var draftToken: Seconds?
    /// Time of a step of the draft, by the sequences that it drafts a token for.
    private var draftStep = PassTime()
    /// The latest smoothed round trip; `nil` before the first.
    public private(set) var roundTrip: Seconds?

    private var draftedTokens = 0.0
    private var draftingSeconds: Seconds = 0

    public init() {}

    /// With another's costs, but not its rates.
    init(costsOf other: PriceBook) {
        self = other
        self.rate = RateEstimate()
        self.targetRate = RateEstimate()
    }

    // MARK: Measurements

    /// Learns from a round of one sequence, with or without a block.
    public mutating func learnRound(tokens: Int, seconds: Seconds) {
        self.rate.learn(tokens: tokens, seconds: seconds)
    }

    /// Learns what a target committed in some time for all its sequences.
    public mutating func learnTarget(tokens: Int, seconds: Seconds) {
        self.targetRate.learn(tokens: tokens, seconds: seconds)
    }

    public mutating func learnPass(rows: Int, seconds: Seconds) {
        self.passTime.learn(rows: rows, seconds: seconds)
    }

    /// Learns what the target itself measured.
    public mutating func expectPasses(_ points: [PassTime.Point]) {
        self.passTime.expect(points)
    }

    /// Learns from drafting.
    ///
    /// - Parameters:
    ///   - seconds: that it took.
    ///   - shared: the same with the time of every step shared out among its sequences; `nil`: there was one only.
    public mutating func learnDrafting(tokens: Int, seconds: Seconds, shared: Seconds? = nil) {
        let shared = shared ?? seconds
        guard tokens > 0, seconds.isFinite, seconds >= 0, shared.isFinite else { return }
        let memory = 0.95
        self.draftedTokens = self.draftedTokens * memory + Double(tokens)
        self.draftingSeconds = self.draftingSeconds * memory + seconds
        self.draftToken = self.draftingSeconds / self.draftedTokens
        let sequences = shared > 0 ? min(max(seconds / shared, 1), 512) : 1
        self.draftStep.learn(rows: Int(sequences.rounded()), seconds: seconds / Double(tokens))
    }

    /// Keeps the latest smoothed round trip.
    public mutating func learnRoundTrip(_ seconds: Seconds) {
        guard seconds.isFinite, seconds >= 0 else { return }
        self.roundTrip = seconds
    }

    // MARK: Prices

    /// What the next blocks of a sequence cost.
    ///
    /// - Parameters:
    ///   - otherRows: rows that other sequences usually have in the pass.
    ///   - leastTargetRate: tokens a second that all sequences of the target are known to have, or would have alone.
    ///   - acceptance: recent acceptance of draft tokens, where the draft runs ahead of the verdict; `nil` for synchronous rounds.
    ///   - sharing: sequences that a draft on the target's cores drafts for, or would; the target waits with all of them
    ///     while it is at work. `nil` where the draft has cores of its own. Each pays for its share of a step, as if they
    ///     drafted together: by the steps as they were, one that had to draft alone would seem dear to each, and so each would.
    ///   - count: number of rows to price; beyond, the last price holds.
    /// - Returns: `nil` before a pass was measured.
    public func price(
        otherRows: Int = 0, leastTargetRate: Double = 0, acceptance: Double? = nil, sharing: Int? = nil,
        count: Int = 32
    ) -> Price? {
        guard self.passTime.isKnown else { return nil }
        let alone = 1 / self.passTime.seconds(rows: otherRows + 1)
        // No target is faster, and what is told by others may be anything.
        let rate = min(max(self.rate.value ?? 0, alone), 1e9)
        let targetRate = min(max(self.targetRate.value ?? 0, leastTargetRate, rate), 1e9)
        let rows = (1...max(1, count)).map { targetRate * self.passTime.marginal(at: otherRows + $0) }
        var price = Price(
            rows: rows,
            perDraftToken: sharing.map { targetRate * self.draftStepShare(of: Double($0)) } ?? rate
                * (self.draftToken ?? 0),
            perBlock: acceptance.map { rate * Self.message / self.reach(rate, acceptance: $0) }
                ?? rate * (self.roundTrip ?? 0)
        )
        price.knowsAlone = otherRows > 0 || self.passTime.isOneKnown
        return price
    }

    /// No sequence's share of a step for many is more than a step for it alone.
    func draftStepShare(of sequences: Double) -> Seconds {
        let sequences = max(1, sequences)
        return min(self.draftStep.seconds(rows: sequences) / sequences, self.draftStep.seconds(rows: 1))
    }

    /// What a block costs both sides that nobody waits for: a message there, and one back.
    private static let message: Seconds = 100e-6

    /// The part of what a block is worth that is left when it comes, if the target does not wait for it: the probability
    /// that the block begins with what the target writes on its own in a round trip.
    private func reach(_ rate: Double, acceptance: Double) -> Double {
        let alone = rate * (self.roundTrip ?? 0)
        guard alone > 1 else { return 1 }
        return max(exponential(min(alone, 1e3) * naturalLogarithm(min(max(acceptance, 1e-3), 1))), 1e-6)
    }
}
