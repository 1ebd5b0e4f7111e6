public import Speculation

/// What a load test found of one arm. Times in seconds, rates per second.
public struct LoadFigures: Codable, Equatable, Sendable {
    public struct ErrorCount: Codable, Equatable, Sendable {
        /// Such as `HTTP 429`, `connection refused` or `UNAVAILABLE`.
        public var kind: String
        public var count: Int
    }

    /// Figures of drafting, from the requests that the server told of.
    public struct Drafting: Codable, Equatable, Sendable {
        public var tokens: Int
        public var draftTokens: Int
        public var acceptedTokens: Int
        public var targetPasses: Int
        /// Accepted of drafted; `nil` where nothing was drafted.
        public var acceptanceRate: Double?
        /// Tokens committed by a target pass.
        public var acceptanceLength: Double?
        /// Draft tokens of a pass that had any.
        public var meanLookahead: Double?
        /// The median over requests of their mean pass.
        public var passSeconds: Seconds?

        init(_ counters: RequestTrace.Counters, passSeconds: Seconds?) {
            func ratio(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }

            self.tokens = counters.tokens
            self.draftTokens = counters.draftTokens
            self.acceptedTokens = counters.acceptedTokens
            self.targetPasses = counters.targetPasses
            self.acceptanceRate = ratio(counters.acceptedTokens, counters.draftTokens)
            self.acceptanceLength = ratio(counters.tokens, counters.targetPasses)
            self.meanLookahead = ratio(counters.draftTokens, counters.rounds)
            self.passSeconds = passSeconds
        }
    }

    public var arm: LoadArm
    /// Counted time.
    public var seconds: Seconds = 0
    /// Whose scheduled beginning was counted: the sum of the four below.
    public var requests = 0
    public var completed = 0
    /// Completed without a token.
    public var empty = 0
    public var failed = 0
    public var timedOut = 0
    /// Under way at the end of the run, and not ended within the time given.
    public var cutOff = 0
    /// Sent before counting began.
    public var warmUpRequests = 0
    /// That came while it was counted.
    public var tokens = 0.0
    public var tokensPerSecond = 0.0
    /// That completed while it was counted.
    public var requestsPerSecond = 0.0
    /// Completed requests a second that were within all limits.
    public var goodput = 0.0
    /// Share of the counted requests that completed within all limits.
    public var goodShare = 0.0
    /// From the scheduled beginning.
    public var timeToFirstToken: Latencies?
    /// From the first token to the last, by the tokens behind the first, of requests.
    public var timePerToken: Latencies?
    /// Counted time by the tokens that came to each client of a closed loop, waiting for first tokens included. Its ends
    /// lie far apart where a client starves.
    public var clientTimePerToken: Latencies?
    /// Between arrivals one after the other.
    public var interToken: Latencies?
    /// From the scheduled beginning to the end of the answer.
    public var endToEnd: Latencies?
    /// From the scheduled beginning to the real one: what this side adds.
    public var lateness: Latencies?
    public var tokensPerArrival: Double?
    /// Whether some answers did not tell their tokens, so that arrivals were counted.
    public var tokensAreEstimated = false
    public var errors: [ErrorCount] = []
    public var speculation: Drafting?
    public var timeline: [TimelinePoint] = []

    public init(arm: LoadArm) {
        self.arm = arm
    }
}
