public import Speculation

/// What one request was like, as the client saw it.
public struct RequestTrace: Equatable, Sendable {
    /// Text that came at once: of one event of the stream, or of one pass of the target.
    public struct Arrival: Equatable, Sendable {
        public var at: Seconds
        /// Tokens where the protocol tells them, otherwise bytes; tokens of the whole are shared out by these.
        public var weight: Int

        public init(at: Seconds, weight: Int) {
            self.at = at
            self.weight = weight
        }
    }

    public enum Ending: Equatable, Sendable {
        case completed
        /// It failed: the kind of failure, such as `HTTP 429`.
        case failed(String)
        /// After the time that a request may take.
        case timedOut
        /// It was cut off at the end of the run.
        case cutOff
    }

    /// What the server tells of speculation.
    public struct Counters: Equatable, Sendable {
        public var tokens: Int
        public var targetPasses: Int
        /// Passes that checked draft tokens.
        public var rounds: Int
        public var draftTokens: Int
        public var acceptedTokens: Int
        /// Mean of the passes after the first, each with all the sequences in it; `nil` where that is not told.
        public var passSeconds: Seconds?

        public init(
            tokens: Int, targetPasses: Int, rounds: Int, draftTokens: Int, acceptedTokens: Int,
            passSeconds: Seconds? = nil
        ) {
            self.tokens = tokens
            self.targetPasses = targetPasses
            self.rounds = rounds
            self.draftTokens = draftTokens
            self.acceptedTokens = acceptedTokens
            self.passSeconds = passSeconds
        }
    }

    public var order: LoadOrder
    /// When it was really sent.
    public var begun: Seconds
    /// In the order of time.
    public var arrivals: [Arrival]
    public var ended: Seconds
    public var ending: Ending
    /// Tokens of the text, where the server tells.
    public var reportedTokens: Int?
    public var counters: Counters?
    /// Tells texts apart.
    public var textHash: Int

    public init(
        order: LoadOrder, begun: Seconds, arrivals: [Arrival] = [], ended: Seconds, ending: Ending,
        reportedTokens: Int? = nil, counters: Counters? = nil, textHash: Int = 0
    ) {
        self.order = order
        self.begun = begun
        self.arrivals = arrivals
        self.ended = ended
        self.ending = ending
        self.reportedTokens = reportedTokens
        self.counters = counters
        self.textHash = textHash
    }

    /// Tokens as the server counts them; where it does not tell, one for each arrival.
    public var tokens: Int { self.reportedTokens ?? self.arrivals.count }

    /// From the scheduled beginning, in seconds.
    public var timeToFirstToken: Seconds? { self.arrivals.first.map { $0.at - self.order.scheduled } }

    /// From the first token to the last, by the tokens behind the first; `nil` of one token.
    public var timePerToken: Seconds? {
        guard self.tokens > 1, let first = self.arrivals.first?.at, let last = self.arrivals.last?.at else {
            return nil
        }
        return (last - first) / Double(self.tokens - 1)
    }

    /// Between arrivals one after the other.
    public var gaps: [Seconds] { zip(self.arrivals, self.arrivals.dropFirst()).map { $1.at - $0.at } }

    /// From the scheduled beginning to the end of the answer.
    public var endToEnd: Seconds { self.ended - self.order.scheduled }

    /// Tokens that one unit of weight stands for.
    var tokensPerWeight: Double {
        let weight = self.arrivals.reduce(0) { $0 + $1.weight }
        return weight > 0 ? Double(self.tokens) / Double(weight) : 0
    }
}
