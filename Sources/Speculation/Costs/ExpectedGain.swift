/// Predicts how much faster a target writes a text with a draft than alone, from what both have measured.
///
/// A block of n draft tokens, each accepted with probability a, brings E = (1 - a^(n+1)) / (1 - a) tokens. As long as
/// all are accepted, a^(n+1) of the time, the next block is there already, for the draft runs ahead: a round then takes
/// as long as the pass, or as drafting where that takes longer. After a miss the next block is a round trip and n draft
/// tokens away. The target either waits for it, or writes k tokens alone meanwhile; then the block is of use only if
/// the draft has guessed them too, with probability a^k. It does what is faster, with the n that is best, and may always
/// go on alone: the gain is never below 1.
///
/// Where both compute on the same cores they take turns: the draft does not run ahead, so every block is drafted behind
/// the verdict on the last.
///
/// It is a prediction to compare drafts by, not a price: the rule at the draft decides each token by what it sees.
public struct ExpectedGain: Equatable, Sendable {
    /// Time of the target's pass by its rows.
    public var passTime: PassTime
    /// Rows that other sequences have in the pass.
    public var otherRows: Int
    /// Seconds that the draft needs for a token while it drafts for one sequence.
    public var draftToken: Seconds
    /// Seconds between draft and target, there and back.
    public var roundTrip: Seconds
    /// Share of draft tokens that the target accepts, from 0 to 1.
    public var acceptance: Double
    /// Sequences that share the draft's time, this one among them.
    public var sharing: Int
    /// Whether the draft runs ahead while the target computes.
    public var isOverlapped: Bool

    public init(
        passTime: PassTime, otherRows: Int = 0, draftToken: Seconds, roundTrip: Seconds, acceptance: Double,
        sharing: Int = 1, isOverlapped: Bool = true
    ) {
        self.passTime = passTime
        self.otherRows = otherRows
        self.draftToken = draftToken
        self.roundTrip = roundTrip
        self.acceptance = acceptance
        self.sharing = sharing
        self.isOverlapped = isOverlapped
    }

    /// Least ratio that is worth the trouble of a draft.
    public static let leastRatio = 1.01
    /// Block lengths that are tried.
    private static let lengths = [1, 2, 3, 5, 8, 16, 32]
    /// No acceptance is taken to be better, for all that was measured are samples.
    private static let mostAcceptance = 0.98

    /// Tokens a second with the draft over those of the target alone, at least 1.
    public var ratio: Double {
        let others = min(max(0, self.otherRows), 512)
        let alone = self.passTime.seconds(rows: others + 1)
        let token = self.draftToken * Double(max(1, self.sharing))
        guard alone.isFinite, alone > 0, token.isFinite, token > 0, self.roundTrip.isFinite, self.acceptance > 0
        else { return 1 }
        let acceptance = min(self.acceptance, Self.mostAcceptance)
        let surprise = naturalLogarithm(acceptance)
        var best = 1 / alone
        for length in Self.lengths {
            let full = exponential(Double(length + 1) * surprise)
            let tokens = (1 - full) / (1 - acceptance)
            let pass = self.passTime.seconds(rows: others + 1 + length)
            let away = max(0, self.roundTrip) + Double(length) * token
            guard self.isOverlapped else {
                best = max(best, tokens / (pass + away))
                continue
            }
            let round = max(pass, Double(length + 1) * token)
            let waiting = tokens / (round + (1 - full) * away)
            // Whole passes: a block that comes during one waits for its end.
            let ahead = (away / alone).rounded(.up)
            // Blocks in a row that follow one another at once, as far as the first of them is of use.
            let blocks = exponential(max(ahead * surprise, -700)) / (1 - full)
            let goingOn = (ahead + blocks * tokens) / (ahead * alone + blocks * round)
            best = max(best, waiting, goingOn)
        }
        let ratio = best * alone
        // Less than this is rounding.
        return ratio.isFinite && ratio > 1 + 1e-9 ? ratio : 1
    }

    /// Whether a draft cannot pay, even if it were twice as fast and half as far away.
    public var isHopeless: Bool {
        var hopeful = self
        hopeful.draftToken /= 2
        hopeful.roundTrip /= 2
        hopeful.sharing = 1
        return hopeful.ratio < Self.leastRatio
    }
}
