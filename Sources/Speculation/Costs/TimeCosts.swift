/// What time costs at one target, as a draft knows it.
///
/// It stands on the draft's own measurements. What the target does for others comes as its own report, the rate of which
/// holds for a while and then fades: without reports the draft goes on with what it sees itself.
struct TimeCosts: Equatable, Sendable {
    private(set) var book = PriceBook()
    /// Rows that other sequences had in recent passes.
    private var otherRows = 0.0
    private var heardAt: Seconds?
    /// Whether the rows of others are those of own passes, not of a report.
    private var isBusy = false
    /// When a block last measured the round trip.
    private var measuredAt: Seconds?
    private var report: TargetReport?
    private var reportedAt: Seconds = 0
    /// The time as told last.
    private var now: Seconds = 0

    /// A report holds for this many seconds, and is worth nothing after twice as many.
    private static let trust: Seconds = 10

    init() {}

    /// One that knows what another has learned of costs, and nothing of rates.
    init(costsOf other: TimeCosts) {
        self.book = PriceBook(costsOf: other.book)
        self.otherRows = other.otherRows
    }

    /// Learns from a verdict; parameters as in `Outlook.learn`.
    ///
    /// - Returns: whether it told of a pass.
    mutating func learn(
        _ verdict: Verdict, committed: Int, seconds: Seconds?, roundTrip: Seconds?, now: Seconds
    ) -> Bool {
        self.now = now
        // Where nothing was heard for long, there was nothing to do, or others did it.
        let wasSilent = now - (self.heardAt ?? -.infinity) > Self.trust
        if let heardAt = self.heardAt, committed > 0, !wasSilent, seconds != nil {
            self.book.learnTarget(tokens: committed, seconds: now - heardAt)
        }
        if committed > 0 { self.heardAt = now }
        if let roundTrip, verdict.sentMicroseconds > 0 {
            self.book.learnRoundTrip(roundTrip)
            self.measuredAt = now
        }
        guard let seconds, verdict.rows > 0, committed > 0 else { return false }
        self.book.learnPass(rows: verdict.rows, seconds: Seconds(verdict.passMicroseconds) * 1e-6)
        self.book.learnRound(tokens: committed, seconds: seconds)
        let others = Double(max(0, verdict.rows - verdict.verified - 1))
        self.otherRows += (others - self.otherRows) / (self.isBusy ? 8 : 1)
        self.isBusy = true
        return true
    }

    /// Learns a round trip that a heartbeat measured: what a block would meet, where none has gone recently.
    ///
    /// - Returns: whether it tells something new.
    mutating func hear(roundTrip: Seconds, now: Seconds) -> Bool {
        guard now - (self.measuredAt ?? -.infinity) > 1 else { return false }
        self.book.learnRoundTrip(roundTrip)
        return true
    }

    mutating func learnDrafting(tokens: Int, seconds: Seconds, shared: Seconds) {
        self.book.learnDrafting(tokens: tokens, seconds: seconds, shared: shared)
    }

    /// Learns what the target told of itself.
    mutating func take(_ report: TargetReport, now: Seconds) {
        self.now = now
        self.report = report
        self.reportedAt = now
        self.book.expectPasses(report.passTime)
        // What the draft sees in its own passes it knows better.
        if now - (self.heardAt ?? -.infinity) > Self.trust {
            self.otherRows = report.rows
            self.isBusy = false
        }
    }

    /// Tokens a second of all the target's sequences, not counting the time of prefills, by its report; 0 where it tells
    /// nothing of now.
    private var reportedRate: Double {
        guard let report = self.report, report.rows > 0 else { return 0 }
        return report.price * min(max(2 - (self.now - self.reportedAt) / Self.trust, 0), 1)
    }

    /// Tokens a second of all the target's sequences. The draft sees those of its own sequences only: the target has at
    /// least these.
    var targetRate: Double { max(self.book.targetRate.value ?? 0, self.reportedRate) }

    /// Tokens a second of so many sequences on the target alone; 0 before a pass was measured.
    func rateAlone(of sequences: Int) -> Double {
        let seconds = self.book.passTime.seconds(rows: sequences)
        return seconds > 0 ? min(Double(sequences) / seconds, 1e9) : 0
    }

    /// What is told by others may be anything.
    private var boundedOtherRows: Double { min(self.otherRows, 1e6) }

    /// Time that further rows of a sequence add to a pass, beside its own and those of others.
    func seconds(ofFurtherRows count: Double) -> Seconds {
        let rows = self.boundedOtherRows + 1
        return self.book.passTime.seconds(rows: rows + count) - self.book.passTime.seconds(rows: rows)
    }

    /// Sequences of the target, by its report; 0 where it tells nothing of now.
    var reportedSequences: Int {
        guard let report = self.report, self.now - self.reportedAt < Self.trust else { return 0 }
        return report.sequences
    }

    /// What the next blocks cost; `nil` before a pass was measured.
    ///
    /// - Parameters:
    ///   - acceptance: recent acceptance, where the draft runs ahead of the verdict.
    ///   - sharing: as in `PriceBook.price`.
    func price(acceptance: Double?, sharing: Int?) -> Price? {
        self.book.price(
            otherRows: Int(self.boundedOtherRows.rounded()),
            leastTargetRate: max(self.targetRate, sharing.map(self.rateAlone) ?? 0),
            acceptance: acceptance, sharing: sharing)
    }
}
