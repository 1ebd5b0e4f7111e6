/// What a draft knows of one target: what time costs there, and how its own guesses fare. Shared by the sequences of one
/// kind that it mirrors for that target.
///
/// It stands on the draft's own measurements. What the target does for others comes as a quote, the rate of which holds
/// for a while and then fades: without a coordinator the draft goes on with what it sees itself.
public struct Outlook: Equatable, Sendable {
    public var context = LookaheadContext()
    public private(set) var book = PriceBook()
    /// Rows that other sequences had in the passes of late.
    private var otherRows = 0.0
    private var heardAt: Seconds?
    /// Whether the rows of others are those of own passes, not of a quote.
    private var isBusy = false
    /// When a block last measured the round trip.
    private var measuredAt: Seconds?
    private var quote: TargetReport?
    private var quotedAt: Seconds = 0
    /// As told last.
    private var now: Seconds = 0
    /// Mean predicted acceptance of judged tokens, as `context.runningAcceptance` is what became of them.
    private var predictedAcceptance = 0.7
    private var judged = 10.0
    /// Draft tokens that passes held on average.
    private var lookahead = 0.0
    private var passes = 0

    /// Passes of late that the mean lookahead stands on.
    static let mostPasses = 64
    /// A quote holds for so many seconds, and is nothing after twice as many.
    private static let trust: Seconds = 10

    /// Whether the draft runs ahead of the verdict.
    private let isOverlapped: Bool

    public init(isOverlapped: Bool = false) {
        self.isOverlapped = isOverlapped
    }

    /// One that knows what another has learned of costs, and nothing of rates and acceptance.
    init(costsOf other: Outlook, isOverlapped: Bool) {
        self.init(isOverlapped: isOverlapped)
        self.book = PriceBook(costsOf: other.book)
        self.otherRows = other.otherRows
    }

    // MARK: Measurements

    /// Takes a verdict.
    ///
    /// - Parameters:
    ///   - committed: tokens that it brought.
    ///   - seconds: since the sequence's last verdict; `nil` with the first, which tells of a prefill.
    ///   - roundTrip: as measured last; `nil` before the first measure.
    public mutating func learn(
        _ verdict: Verdict, committed: Int, seconds: Seconds?, roundTrip: Seconds?, now: Seconds
    ) {
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
        guard let seconds, verdict.rows > 0, committed > 0 else { return }
        self.book.learnPass(rows: verdict.rows, seconds: Seconds(verdict.passMicroseconds) * 1e-6)
        self.book.learnRound(tokens: committed, seconds: seconds)
        let others = Double(max(0, verdict.rows - verdict.verified - 1))
        self.otherRows += (others - self.otherRows) / (self.isBusy ? 8 : 1)
        self.isBusy = true
        self.passes = min(self.passes + 1, Self.mostPasses)
        self.lookahead += (Double(verdict.verified) - self.lookahead) / Double(self.passes)
        self.reprice()
    }

    /// Takes what became of a block.
    public mutating func learn(_ round: Round) {
        for (index, token) in round.drafted.prefix(round.judged).enumerated() {
            self.judged = min(self.judged + 1, 100)
            let predicted = self.context.acceptance.probability(of: token, index: index)
            self.predictedAcceptance += (predicted - self.predictedAcceptance) / self.judged
        }
        self.context.learn(round)
    }

    /// Takes a round trip that a heartbeat measured: what a block would meet, where none has gone of late.
    public mutating func hear(roundTrip: Seconds, now: Seconds) {
        guard now - (self.measuredAt ?? -.infinity) > 1 else { return }
        self.book.learnRoundTrip(roundTrip)
        self.reprice()
    }

    public mutating func learnDrafting(tokens: Int, seconds: Seconds) {
        self.book.learnDrafting(tokens: tokens, seconds: seconds)
        self.reprice()
    }

    // MARK: Prices

    /// Takes what the target told of itself.
    public mutating func take(_ quote: TargetReport, now: Seconds) {
        self.now = now
        self.quote = quote
        self.quotedAt = now
        self.book.expectPasses(quote.passTime)
        // What the draft sees in its own passes it knows better.
        if now - (self.heardAt ?? -.infinity) > Self.trust {
            self.otherRows = quote.rows
            self.isBusy = false
        }
        // Before the first draft token is timed, it would seem to be for nothing.
        if self.book.draftToken != nil { self.reprice() }
    }

    /// Tokens a second of all the target's sequences, by the quote; 0 where it tells nothing of now.
    private var quotedRate: Double {
        guard let quote = self.quote, quote.rows > 0 else { return 0 }
        return quote.tokensPerSecond * min(max(2 - (self.now - self.quotedAt) / Self.trust, 0), 1)
    }

    /// Tokens a second of all the target's sequences. The draft sees those of its own sequences only: the target has at
    /// least these.
    public var targetRate: Double { max(self.book.targetRate.value ?? 0, self.quotedRate) }

    private mutating func reprice() {
        let price = self.book.price(
            otherRows: Int(min(self.otherRows, 1e6).rounded()), leastTargetRate: self.targetRate,
            acceptance: self.isOverlapped ? self.context.runningAcceptance : nil)
        if let price { self.context.price = price }
    }

    /// How far a sequence may run ahead of the verdict: as many tokens as the target writes until an answer to the last
    /// of them could be there, and some blocks more.
    ///
    /// - Parameter isIdle: whether the draft has nothing else to do.
    public func window(isIdle: Bool) -> Mirror.Window {
        guard self.isOverlapped else { return .synchronous }
        return Mirror.Window(tokens: min(16 + Int(2 * self.book.tokensInFlight), Self.mostAhead), isIdle: isIdle)
    }

    private static let mostAhead = 128

    /// Of the first token of a block, in tokens: drafting it, and its row.
    public var price: Double { self.context.price.perDraftToken + self.context.price.row(at: 0) }

    /// Tells the target what draft tokens cost: their price, and their time.
    public func sign(_ message: inout Mirror.Message) {
        let price = Float(min(self.price, 1e9))
        let draftToken = self.book.draftToken.map { Float(min($0 * 1e6, 1e12)) }
        switch message {
        case .block(var block):
            (block.price, block.draftTokenMicroseconds) = (price, draftToken)
            message = .block(block)
        case .abstention(var abstention):
            (abstention.price, abstention.draftTokenMicroseconds) = (price, draftToken)
            message = .abstention(abstention)
        case .question:
            break
        }
    }

    /// What the draft tells of itself; `nil` before it has drafted.
    public func report(of target: String) -> DraftReport? {
        guard let draftToken = self.book.draftToken else { return nil }
        return DraftReport(
            target: target, draftToken: draftToken, roundTrip: self.book.roundTrip,
            predictedAcceptance: self.predictedAcceptance, measuredAcceptance: self.context.runningAcceptance,
            price: self.price, lookahead: self.lookahead, passes: self.passes)
    }
}
