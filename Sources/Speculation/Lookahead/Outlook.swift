/// What a draft has learned of one target: what time costs there, and how its own guesses fare. Shared by the sequences
/// that it mirrors for that target.
public struct Outlook: Equatable, Sendable {
    public var context = LookaheadContext()
    public private(set) var book = PriceBook()
    /// Rows that other sequences had in the passes of late.
    private var otherRows = 0.0
    private var heardAt: Seconds?

    public init() {}

    /// Takes a verdict.
    ///
    /// - Parameters:
    ///   - committed: tokens that it brought.
    ///   - seconds: since the sequence's last verdict; `nil` with the first, which tells of a prefill.
    ///   - roundTrip: as measured last; `nil` before the first measure.
    public mutating func learn(
        _ verdict: Verdict, committed: Int, seconds: Seconds?, roundTrip: Seconds?, now: Seconds
    ) {
        if let heardAt = self.heardAt, committed > 0 {
            self.book.learnTarget(tokens: committed, seconds: now - heardAt)
        }
        if committed > 0 { self.heardAt = now }
        if let roundTrip { self.book.learnRoundTrip(roundTrip) }
        guard let seconds, verdict.rows > 0, committed > 0 else { return }
        self.book.learnPass(rows: verdict.rows, seconds: Seconds(verdict.passMicroseconds) * 1e-6)
        self.book.learnRound(tokens: committed, seconds: seconds)
        self.otherRows += (Double(max(0, verdict.rows - verdict.verified - 1)) - self.otherRows) / 8
        self.reprice()
    }

    public mutating func learnDrafting(tokens: Int, seconds: Seconds) {
        self.book.learnDrafting(tokens: tokens, seconds: seconds)
    }

    private mutating func reprice() {
        if let price = self.book.price(otherRows: Int(self.otherRows.rounded())) { self.context.price = price }
    }
}
