/// A sequence as its draft keeps it: what is committed as far as the draft knows, and the draft tokens behind that.
///
/// The draft does not stop when a block is sent: it goes on from its own tokens, and sends further blocks ahead of the
/// verdict, as far as a window reaches (Liu et al., "PEARL", arXiv 2408.11850; McDanel, "AMUSD", arXiv 2410.17375). A
/// verdict that agrees costs nothing; one that does not takes back what stands behind the first wrong token, and nothing
/// else.
///
/// Everything in it can be rebuilt from the committed tokens, so a draft can be lost at any time. A value without I/O
/// and clock: the service gives it verdicts and drafted tokens, and carries out what it answers.
public struct Mirror: Sendable {
    public let sequence: UInt64
    /// No token at or beyond it is of use.
    public let endPosition: Int
    /// Prompt and committed tokens.
    public internal(set) var history: TokenHistory
    /// Of the history.
    var trigrams = TrigramIndex()
    /// The draft's latest measure of the round trip; `nil` before the first.
    public internal(set) var roundTrip: Seconds?

    /// With what it has learned.
    public internal(set) var lookahead: any Lookahead

    struct Run {
        var job: DraftOrder
        /// Tokens of the history when it began, and what it stands on behind them.
        var start: Int
        var ground: [Token]
        /// Position of the token in flight that it takes for rejected.
        var branch: Int?
        /// Where the history that it stands on was taken back.
        var goneBehind: Int?
    }

    var ahead = RunAhead()
    var run: Run?
    /// As the latest run left it; the one that is in it leaves what was committed when it began.
    var slot = SlotContent()
    /// Whether the target has heard of this draft; before that it waits for nothing.
    var isKnown = false
    /// The rule wanted nothing drafted here; it is asked again when more is committed.
    var isAbstaining = false
    /// How often the target has been told so since the last block or question.
    var abstentions = 0
    var rounds: [Round] = []
    /// What was drafted and not sent, until the target's own tokens show what it was worth.
    var guesses: (position: Int, drafted: [DraftedToken])?
    /// When to ask for an overdue verdict, and how often that was done in a row.
    var askAt: Seconds = 0
    var asked = 0

    public init(
        sequence: UInt64, tokens: [Token], endPosition: Int, lookahead: any Lookahead
    ) {
        self.sequence = sequence
        self.endPosition = endPosition
        self.history = TokenHistory(tokens)
        self.lookahead = lookahead
    }

    /// The slot holds the first `count` tokens of the sequence already.
    public mutating func reuse(_ count: Int) {
        self.slot.reuse(max(0, min(count, self.history.count)))
    }

    /// Tokens that the slot holds for sure.
    public var held: ArraySlice<Token> {
        self.history.tokens[..<min(self.slot.committed, self.run?.start ?? .max, self.history.count)]
    }
}
