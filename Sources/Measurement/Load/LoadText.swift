public import Speculation

/// What one of many clients saw of one text: when it asked, and when tokens came.
public struct LoadText: Equatable, Sendable {
    /// Tokens that one pass of the target has brought.
    public struct Arrival: Equatable, Sendable {
        public var at: Seconds
        public var tokens: Int

        public init(at: Seconds, tokens: Int) {
            self.at = at
            self.tokens = tokens
        }
    }

    /// What the target counted; it comes with the end of a text.
    public struct Counters: Equatable, Sendable {
        public var tokens: Int
        public var targetPasses: Int
        /// Passes that checked draft tokens.
        public var rounds: Int
        public var draftTokens: Int
        public var acceptedTokens: Int
        /// Of passes after the first, each with all the sequences in it; 0 where there were none.
        public var meanPassSeconds: Seconds

        public init(
            tokens: Int, targetPasses: Int, rounds: Int, draftTokens: Int, acceptedTokens: Int,
            meanPassSeconds: Seconds
        ) {
            self.tokens = tokens
            self.targetPasses = targetPasses
            self.rounds = rounds
            self.draftTokens = draftTokens
            self.acceptedTokens = acceptedTokens
            self.meanPassSeconds = meanPassSeconds
        }
    }

    /// From 0.
    public var client: Int
    public var askedAt: Seconds
    /// In the order of time; the first is that of the first token.
    public var arrivals: [Arrival]
    /// `nil` where the text was cut off.
    public var counters: Counters?
    /// Whether it is not what the target alone writes, as far as it came.
    public var isDifferent: Bool

    public init(
        client: Int, askedAt: Seconds, arrivals: [Arrival] = [], counters: Counters? = nil, isDifferent: Bool = false
    ) {
        self.client = client
        self.askedAt = askedAt
        self.arrivals = arrivals
        self.counters = counters
        self.isDifferent = isDifferent
    }

    // MARK: As seen through a window of time

    func tokens(in window: ClosedRange<Seconds>) -> Int {
        self.arrivals.reduce(0) { $0 + (window.contains($1.at) ? $1.tokens : 0) }
    }

    /// From asking to the first token, where both were within the window.
    func firstTokenSeconds(in window: ClosedRange<Seconds>) -> Seconds? {
        guard let first = self.arrivals.first?.at, self.askedAt >= window.lowerBound, first <= window.upperBound else {
            return nil
        }
        return first - self.askedAt
    }

    /// Between arrivals one after the other, of which the later was within the window.
    func gaps(in window: ClosedRange<Seconds>) -> [Seconds] {
        zip(self.arrivals, self.arrivals.dropFirst()).compactMap { window.contains($1.at) ? $1.at - $0.at : nil }
    }

    /// Time behind the first token, by the tokens that came in it: of the part within the window.
    ///
    /// A text that hangs until the window closes counts with the time that it hangs. A part of less than a tenth of
    /// the window says too little, unless it is the whole text.
    func secondsPerToken(in window: ClosedRange<Seconds>) -> Seconds? {
        guard let first = self.arrivals.first?.at, let last = self.arrivals.last?.at, first <= window.upperBound else {
            return nil
        }
        let begin = max(first, window.lowerBound)
        let end = self.counters == nil ? window.upperBound : min(last, window.upperBound)
        guard end > begin else { return nil }
        let tokens = self.arrivals.reduce(0) { $0 + ($1.at > begin && $1.at <= end ? $1.tokens : 0) }
        let isWhole = self.counters != nil && begin == first && end == last
        guard isWhole || end - begin >= (window.upperBound - window.lowerBound) / 10 else { return nil }
        return (end - begin) / Double(max(1, tokens))
    }
}
