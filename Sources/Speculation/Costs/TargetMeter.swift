/// What a target measures of itself: how long its passes take, and what they bring.
///
/// Time counts while there is a sequence, whether a pass runs or a block is awaited. Only a pass of one row tells its
/// time; such passes come before the draft's first block, and whenever drafts abstain or are late, and what they told
/// does not fade as wider ones come. A target that never has one does not need it: a price begins at the rows that
/// others bring. A pass with part of a prefill, often the first of all, tells nothing of what a draft token costs.
public struct TargetMeter: Equatable, Sendable {
    private var passTime = PassTime()
    private var rate = RateEstimate()
    /// Not counting the time of prefills.
    private var decodeRate = RateEstimate()
    private var rows = 0.0
    /// Time of all passes, prefills among them: under load there may be no others.
    private var anyPassTime = PassTime()
    /// What passes with part of a prefill take, over what is usual for their rows: far into a long prompt, more.
    private var prefillRatio = 1.0
    /// Passes in a row with part of a prefill.
    private var prefillsInARow = 0
    /// When the latest pass ended; `nil` where there was no sequence since.
    private var settledAt: Seconds?

    public init() {}

    /// Learns from a pass.
    ///
    /// - Parameters:
    ///   - prefill: rows among them that fed more than the last committed token of a sequence.
    ///   - tokens: committed by it, for all sequences.
    ///   - seconds: how long it took.
    ///   - now: when it ended.
    public mutating func learn(rows: Int, prefill: Int, tokens: Int, seconds: Seconds, now: Seconds) {
        if prefill == 0 { self.passTime.learn(rows: rows, seconds: seconds) }
        self.prefillsInARow = prefill == 0 ? 0 : self.prefillsInARow + 1
        if prefill > 0, self.anyPassTime.isKnown, seconds.isFinite {
            let ratio = seconds / self.anyPassTime.seconds(rows: rows)
            self.prefillRatio += (min(max(ratio, 1), 16) - self.prefillRatio) / 4
        }
        self.anyPassTime.learn(rows: rows, seconds: seconds)
        if self.settledAt == nil { (self.rate, self.decodeRate) = (RateEstimate(), RateEstimate()) }
        let elapsed = self.settledAt.map { now - $0 } ?? seconds
        self.rate.learn(tokens: tokens, seconds: elapsed)
        if rows > prefill {
            self.decodeRate.learn(
                tokens: tokens, seconds: elapsed - seconds * self.share(ofPrefill: prefill, rows: rows))
        }
        let generating = Double(max(0, rows - prefill))
        self.rows = self.settledAt == nil ? generating : self.rows + (generating - self.rows) / 16
        self.settledAt = now
    }

    /// The part of a pass's time that it would not have taken without its rows of prefills.
    private func share(ofPrefill prefill: Int, rows: Int) -> Double {
        let whole = self.anyPassTime.seconds(rows: rows)
        guard prefill > 0, whole > 0 else { return 0 }
        return max(0, 1 - self.anyPassTime.seconds(rows: rows - prefill) / whole)
    }

    /// Recent tokens a second of all sequences, not counting the time of prefills; 0 before the first.
    ///
    /// What a second is worth: the prompt of every text has to be computed once, so tokens that come faster do not save
    /// that time. Priced at the rate over all time, draft tokens would seem to cost half where prefills take half of it.
    /// A draft that computes prompts on the target's cores takes its time between passes, and that is counted.
    public var decodeTokensPerSecond: Double { self.decodeRate.value ?? 0 }

    /// Time of a pass, by those without a row of a prefill as far as there were any so wide; 0 before the first.
    public func seconds(rows: Int) -> Seconds {
        guard rows > 0 else { return 0 }
        guard let known = self.passTime.points.last?.rows else { return self.anyPassTime.seconds(rows: rows) }
        let beyond = self.anyPassTime.seconds(rows: rows) - self.anyPassTime.seconds(rows: known)
        return rows <= known ? self.passTime.seconds(rows: rows) : self.passTime.seconds(rows: known) + max(0, beyond)
    }

    /// How long a pass would have taken without its draft tokens: by what passes without them took, where it had any. A
    /// draft on the same machine slows these down too, and what that costs is not seen.
    ///
    /// - Parameters:
    ///   - drafted: draft tokens among its rows.
    ///   - seconds: that it took.
    public func secondsAlone(rows: Int, drafted: Int, seconds: Seconds) -> Seconds {
        guard drafted > 0 else { return seconds }
        let known = self.seconds(rows: rows - drafted)
        return known > 0 ? known : seconds
    }

    /// How many ordinary passes a pass with a piece of a long prompt may last, of which many follow one another.
    package static let usualPasses = 2.33
    /// How many it may last for a prompt that ends soon. Where texts are short, prefills are half of the work: with pieces no
    /// longer than a pass they would queue, while few sequences run.
    package static let mostPasses = 5.0

    /// Whether it is time for a pass without a prefill. Where prompts always wait, only such a pass tells what tokens cost
    /// without them; it takes no longer for what it brings than any other, so that the prompts alone pay for it, and little.
    package var needsPassWithoutPrefill: Bool { self.prefillsInARow >= Self.mostPrefillsInARow }

    private static let mostPrefillsInARow = 16

    /// Rows of prefills for the next pass, in steps of `step`: as many of these as make all wait least for each, among pieces
    /// that do not hold others up for long.
    ///
    /// In an ordinary pass every text has its row, whether it is in this one or not. Measured by the few that run while
    /// many wait, pieces would be so short, and so expensive, that many would go on waiting.
    ///
    /// - Parameters:
    ///   - rows: rows of the others, besides the draft tokens that are still to be chosen.
    ///   - waiting: prefills that wait.
    ///   - texts: all of them and all others, whether they have rows in this pass or not.
    ///   - endsSoon: whether few rows are left of them; a long prompt would hold others up in pass after pass.
    ///   - most: rows that there are; the last step may exceed them.
    package func prefillRows(
        beside rows: Int, waiting: Int, of texts: Int, endsSoon: Bool, step: Int, most: Int
    ) -> Int {
        let ordinaryRows = max(rows + waiting, texts)
        let ordinary = self.anyPassTime.seconds(rows: ordinaryRows) / self.prefillRatio
        let others = self.anyPassTime.seconds(rows: rows)
        var (best, least) = (step, Seconds.infinity)
        let longest = (endsSoon ? Self.mostPasses : Self.usualPasses) * ordinary
        for count in stride(from: step, through: max(1, (most + step - 1) / step) * step, by: step) {
            let wide = self.anyPassTime.seconds(rows: rows + count)
            guard count == step || wide <= longest else { break }
            // All wait: each other row for what the piece adds, and the prefills for the whole pass. Where
            // wide passes are expensive, what is left over is cheaper in the next one.
            let each = (Seconds(rows) * (wide - others) + Seconds(waiting) * wide) / Seconds(count)
            if each <= least * 1.05 { (best, least) = (count, min(least, each)) }
        }
        return best
    }

    /// The last sequence is over: time does not count until there is another.
    public mutating func becomeIdle() {
        self.settledAt = nil
        self.prefillsInARow = 0
    }

    /// `nil` before the first pass without a prefill.
    public var report: TargetReport? {
        guard self.passTime.isKnown else { return nil }
        return TargetReport(
            tokensPerSecond: self.rate.value ?? 0, decodeTokensPerSecond: self.decodeTokensPerSecond,
            rows: self.settledAt == nil ? 0 : self.rows, passTime: self.passTime.points)
    }
}
