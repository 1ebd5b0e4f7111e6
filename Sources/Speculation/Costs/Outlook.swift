/// What a draft knows of one target: what time costs there, and how its own guesses fare. Shared by the sequences of one
/// kind that it mirrors for that target.
public struct Outlook: Equatable, Sendable {
    /// What the rules go by: the price, and how guesses fare.
    public var context = LookaheadContext()
    private var costs = TimeCosts()
    /// Draft tokens that passes held on average, of the last `passes`.
    private var lookahead = RunningMean(most: Double(Self.mostPasses))
    private var effort = DraftEffort()
    /// Sequences that a step of the draft is for on average, or would be if the draft had all of the target's.
    private var together = RunningMean(most: Double(Self.mostPasses))
    /// Whether the draft runs ahead of the verdict.
    private let isOverlapped: Bool
    /// Whether the draft computes on the target's cores, in turn with it.
    private let takesTurns: Bool
    /// Sequences of the target that the draft has.
    private var sequences = 1
    private var mostSequences = Int.max

    /// Most passes that the mean lookahead stands on.
    static let mostPasses = 64
    /// Texts before which it is not told what drafting brings beyond its costs.
    private static let leastTexts = 4

    public init(isOverlapped: Bool = false, takesTurns: Bool = false) {
        self.isOverlapped = isOverlapped
        self.takesTurns = takesTurns
    }

    /// One that knows what another has learned of costs, and nothing of rates and acceptance.
    init(costsOf other: Outlook, isOverlapped: Bool, takesTurns: Bool) {
        self.init(isOverlapped: isOverlapped, takesTurns: takesTurns)
        self.costs = TimeCosts(costsOf: other.costs)
    }

    public var book: PriceBook { self.costs.book }

    // MARK: Measurements

    /// Learns from a verdict.
    ///
    /// - Parameters:
    ///   - committed: tokens that it brought.
    ///   - seconds: since the sequence's last verdict; `nil` with the first, which tells of a prefill.
    ///   - roundTrip: as measured last; `nil` before the first measure.
    public mutating func learn(
        _ verdict: Verdict, committed: Int, seconds: Seconds?, roundTrip: Seconds?, now: Seconds
    ) {
        let toldOfPass = self.costs.learn(
            verdict, committed: committed, seconds: seconds, roundTrip: roundTrip, now: now)
        guard toldOfPass else { return }
        self.lookahead.learn(Double(verdict.verified))
        self.reprice()
    }

    /// Learns from what became of a block.
    public mutating func learn(_ round: Round) { self.context.learn(round) }

    /// Learns a round trip that a heartbeat measured.
    public mutating func hear(roundTrip: Seconds, now: Seconds) {
        if self.costs.hear(roundTrip: roundTrip, now: now) { self.reprice() }
    }

    /// Learns from drafting; parameters as in `PriceBook.learnDrafting`.
    public mutating func learnDrafting(tokens: Int, seconds: Seconds, shared: Seconds? = nil) {
        self.costs.learnDrafting(tokens: tokens, seconds: seconds, shared: shared ?? seconds)
        if let shared, shared > 0, seconds.isFinite, shared.isFinite {
            let all = Double(self.sharing)
            self.together.learn(min(max(seconds / shared, 1) * all / Double(self.sequences), all))
        }
        self.reprice()
    }

    /// Learns from a text that is over.
    ///
    /// - Parameters:
    ///   - drafted: draft tokens, whether they were sent or not.
    ///   - feeding: time of feeding many committed tokens, such as the prompt.
    ///   - committed: tokens of the text since the draft has had it.
    public mutating func learnText(drafted: Int, feeding: Seconds, committed: Int) {
        self.effort.learn(drafted: drafted, feeding: feeding, committed: committed)
    }

    /// Learns what the target told of itself.
    public mutating func take(_ report: TargetReport, now: Seconds) {
        self.costs.take(report, now: now)
        // Before the first draft token is timed, it would seem to cost nothing.
        if self.book.draftToken != nil { self.reprice() }
    }

    /// Learns how many sequences of the target the draft has.
    ///
    /// - Parameter most: how many it can have.
    public mutating func share(among sequences: Int, of most: Int = .max) {
        self.mostSequences = max(1, most)
        guard self.takesTurns, self.sequences != max(1, sequences) else { return }
        self.sequences = max(1, sequences)
        // As above.
        if self.book.draftToken != nil { self.reprice() }
    }

    // MARK: Prices

    private mutating func reprice() {
        let price = self.costs.price(
            acceptance: self.isOverlapped ? self.context.runningAcceptance : nil,
            sharing: self.takesTurns ? self.sharing : nil)
        if let price { self.context.price = price }
    }

    /// Sequences of the target that a step of the draft is for. Where the draft has fewer than there are, as for a try, it
    /// is priced as if it had all.
    private var sharing: Int { max(self.sequences, min(self.costs.reportedSequences, self.mostSequences)) }

    /// Tokens a second of all the target's sequences, at least.
    public var targetRate: Double { self.costs.targetRate }

    /// How far a sequence may run ahead of the verdict.
    ///
    /// - Parameter isIdle: whether the draft has nothing else to do.
    public func window(isIdle: Bool) -> Mirror.Window {
        guard self.isOverlapped else { return .synchronous }
        let tokens = FlightWindow.tokens(
            isIdle: isIdle, rate: self.book.rate.value ?? 0, roundTrip: self.book.roundTrip ?? 0,
            passTime: self.book.passTime)
        return Mirror.Window(
            tokens: tokens, isIdle: isIdle,
            block: FlightWindow.block(passTime: self.book.passTime, draftToken: self.book.draftToken))
    }

    /// Price of the first token of a block, in tokens: drafting it, and its row.
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
            predictedAcceptance: self.context.guesses.predictedAcceptance,
            measuredAcceptance: self.context.runningAcceptance, price: self.price, lookahead: self.lookahead.value,
            passes: Int(self.lookahead.count),
            surplus: self.takesTurns && self.effort.texts >= Self.leastTexts ? self.surplus : nil)
    }

    /// What drafting brings beyond all that it costs, in tokens for each token of a text. A second costs what the target
    /// would write in it alone, for that is what is to be exceeded; the rate with blocks moves with each text, and a loss
    /// leaves the draft alone for many. A step is shared by those who did share it: texts that come out of step draft alone.
    private var surplus: Double {
        let blocks = self.context.marginal.blocks
        let alone = self.costs.rateAlone(of: self.sharing)
        // By the lookahead of all passes, for a pass without a block brings and costs nothing.
        let share = blocks.sentPerBlock > 0 ? min(1, self.lookahead.value / blocks.sentPerBlock) : 0
        let worth = blocks.acceptedPerBlock - alone * self.costs.seconds(ofFurtherRows: blocks.sentPerBlock)
        let drafting = self.book.draftStepShare(of: self.together.value) * self.effort.draftedPerToken
        return share * worth / (1 + share * blocks.acceptedPerBlock)
            - alone * (drafting + self.effort.feedingPerToken)
    }
}
