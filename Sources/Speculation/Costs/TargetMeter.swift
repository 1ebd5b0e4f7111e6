/// What a target measures of itself: how long its passes take, and what they bring.
///
/// Time counts while there is a sequence, whether a pass runs or a block is awaited. Only a pass of one row tells its
/// time; such passes come before the draft's first block, and whenever drafts abstain or are late, and what they told
/// does not fade as wider ones come. A target that never has one does not need it: a price begins at the rows that
/// others bring. A pass with part of a prefill, often the first of all, tells nothing of what a draft token costs.
public struct TargetMeter: Equatable, Sendable {
    private var passTime = PassTime()
    private var rate = RateEstimate()
    private var rows = 0.0
    /// Time of all passes, prefills among them: under load there may be no others.
    private var anyPassTime = PassTime()
    /// What passes with part of a prefill take, over what is usual for their rows: far into a long prompt, more.
    private var prefillRatio = 1.0
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
        if prefill > 0, self.anyPassTime.isKnown, seconds.isFinite {
            let ratio = seconds / self.anyPassTime.seconds(rows: rows)
            self.prefillRatio += (min(max(ratio, 1), 16) - self.prefillRatio) / 4
        }
        self.anyPassTime.learn(rows: rows, seconds: seconds)
        if self.settledAt == nil { self.rate = RateEstimate() }
        self.rate.learn(tokens: tokens, seconds: self.settledAt.map { now - $0 } ?? seconds)
        let generating = Double(max(0, rows - prefill))
        self.rows = self.settledAt == nil ? generating : self.rows + (generating - self.rows) / 16
        self.settledAt = now
    }

    /// Recent tokens a second of all sequences; 0 before the first.
    public var tokensPerSecond: Double { self.rate.value ?? 0 }

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

    /// An ordinary pass and a piece of a prefill take as long as this many ordinary passes at most, unless more prefills
    /// wait than others. Where texts are short, prefills are half of the work: with pieces no longer than a pass they would
    /// queue, while few sequences run.
    package static let mostPasses = 2.33

    /// Rows of prefills that hold others up by less than two of their ordinary passes, in steps of `step`: as many of
    /// these as make each cost least. Where more prefills wait than others, these get the part of the time that is
    /// theirs by number.
    ///
    /// - Parameters:
    ///   - rows: rows of the others, besides the draft tokens that are still to be chosen.
    ///   - waiting: prefills that wait.
    ///   - generating: sequences that are held up.
    package func prefillRows(beside rows: Int, waiting: Int, generating: Int, step: Int, most: Int) -> Int {
        let passes = max(Self.mostPasses, 1 + Seconds(waiting) / Seconds(max(1, generating)))
        let limit =
            passes / self.prefillRatio * self.anyPassTime.seconds(rows: max(rows, Int(min(self.rows, 1e6))))
        let others = self.anyPassTime.seconds(rows: rows)
        var (count, best, least) = (step, step, Seconds.infinity)
        while true {
            // All wait: each other row for what the piece adds, and the prefills for the whole pass. Where
            // wide passes are expensive, what is left over is cheaper in the next one.
            let wide = self.anyPassTime.seconds(rows: rows + count)
            let each = (Seconds(rows) * (wide - others) + Seconds(waiting) * wide) / Seconds(count)
            if each <= least * 1.05 { (best, least) = (count, min(least, each)) }
            guard count + step <= most, self.anyPassTime.seconds(rows: rows + count + step) <= limit else { break }
            count += step
        }
        return best
    }

    /// The last sequence is over: time does not count until there is another.
    public mutating func becomeIdle() {
        self.settledAt = nil
    }

    /// `nil` before the first pass without a prefill.
    public var report: TargetReport? {
        guard self.passTime.isKnown else { return nil }
        return TargetReport(
            tokensPerSecond: self.rate.value ?? 0, rows: self.settledAt == nil ? 0 : self.rows,
            passTime: self.passTime.points)
    }
}
