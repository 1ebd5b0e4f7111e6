public import Measurement
internal import Speculation

/// What a fleet did under a rule.
///
/// Rates are those of the time in which all clients were at work, up to the last arrival, where that is at least half of
/// the whole; otherwise of the whole.
public struct FleetResult: Codable, Equatable, Sendable {
    public struct Target: Codable, Equatable, Sendable {
        public var tokensPerSecond: Double
        public var passesPerSecond: Double
        /// Those of prefills too.
        public var rowsPerPass: Double
        /// Tokens that a pass commits to each of its sequences.
        public var tokensPerPart: Double
        /// Part of the time in which a pass ran.
        public var busy: Double
    }

    public struct Draft: Codable, Equatable, Sendable {
        /// Delay of one way.
        public var delayMilliseconds: Double
        /// Part of the time in which it drafted.
        public var busy: Double
        public var tokensPerSecond: Double
        /// Part of its tokens that targets accepted.
        public var used: Double
        /// Sequences that it had no slot for.
        public var refused: Int
    }

    public var rule: String
    /// Clients at once; `nil` where requests come at a rate.
    public var clients: Int?
    public var requestsPerSecond: Double?
    public var requests: Int
    /// Requests that were not answered to their end; 0 unless something is wrong.
    public var unfinished: Int
    /// Requests that ended with an error: too many targets were lost while they had them.
    public var givenUp: Int
    public var tokens: Int
    /// Tokens that were not the text's; 0 unless something is wrong.
    public var mismatches: Int
    /// Time on the virtual clock.
    public var seconds: Double
    public var events: Int
    public var targets: [Target]
    public var drafts: [Draft]
    /// Time from one token to the next, of each request.
    public var timePerToken: Quantiles?
    /// The values below which each twentieth of them lies, from the least to the largest; none where nothing came.
    public var timePerTokenCurve: [Double]
    /// Mean time per token of the requests of each client.
    public var timePerTokenOfClients: Quantiles?
    /// From the arrival of a request to its first token.
    public var timeToFirstToken: Quantiles?
    /// From the arrival of a request to its slot.
    public var queueing: Quantiles?
    /// Accepted of verified draft tokens.
    public var acceptance: Double
    /// Draft tokens of a pass that had any, for each sequence.
    public var lookahead: Double
    /// Part of the passes' parts that had draft tokens.
    public var drafting: Double
    public var targetsLost: Int
    public var draftsLost: Int
    public var reopened: Int

    init(
        _ plan: FleetPlan, _ tally: FleetTally, _ requests: [FleetRequest], events: Int, seconds: Seconds,
        now: FleetSnapshot
    ) {
        self.rule = plan.rule.description
        switch plan.load {
        case .clients(let count): self.clients = count
        case .rate(let rate): self.requestsPerSecond = rate
        }
        self.requests = requests.count
        self.unfinished = plan.requests - tally.finished - tally.givenUp
        self.givenUp = tally.givenUp
        self.tokens = tally.tokens
        self.mismatches = tally.mismatches
        self.seconds = seconds
        self.events = events
        let last = tally.atLastArrival.flatMap { $0.at >= 0.5 * now.at ? $0 : nil } ?? now
        let span = last.at > 0 ? last.at : 1
        self.targets = last.targets.map { counts in
            Target(
                tokensPerSecond: Double(counts.tokens) / span, passesPerSecond: Double(counts.passes) / span,
                rowsPerPass: ratio(counts.rows, counts.passes), tokensPerPart: ratio(counts.tokens, counts.parts),
                busy: min(1, counts.busy / span))
        }
        self.drafts = zip(plan.drafts, last.drafts).map { draft, counts in
            Draft(
                delayMilliseconds: (draft.distance.delay * 1e6).rounded() / 1e3, busy: min(1, counts.busy / span),
                tokensPerSecond: Double(counts.tokens) / span, used: ratio(counts.accepted, counts.tokens),
                refused: counts.refused)
        }
        let timesPerToken = requests.compactMap(\.timePerToken).sorted()
        self.timePerToken = Quantiles(timesPerToken)
        self.timePerTokenCurve =
            timesPerToken.isEmpty ? [] : (0...20).map { quantile(Double($0) / 20, of: timesPerToken) }
        self.timePerTokenOfClients = Self.clients(plan, requests)
        self.timeToFirstToken = Quantiles(
            requests.compactMap { request in
                request.firstTokenAt.map { $0 - request.arrivedAt }
            })
        self.queueing = Quantiles(requests.compactMap { request in request.placedAt.map { $0 - request.arrivedAt } })
        self.acceptance = ratio(tally.accepted, tally.candidates)
        self.lookahead = ratio(tally.candidates, tally.rounds)
        self.drafting = ratio(tally.rounds, now.targets.reduce(0) { $0 + $1.parts })
        self.targetsLost = tally.targetsLost
        self.draftsLost = tally.draftsLost
        self.reopened = tally.reopened
    }

    private static func clients(_ plan: FleetPlan, _ requests: [FleetRequest]) -> Quantiles? {
        guard case .clients(let count) = plan.load else { return nil }
        var sums = Array(repeating: (seconds: 0.0, count: 0), count: count)
        for request in requests {
            guard let seconds = request.timePerToken else { continue }
            sums[request.client].seconds += seconds
            sums[request.client].count += 1
        }
        return Quantiles(sums.filter { $0.count > 0 }.map { $0.seconds / Double($0.count) })
    }

    /// Tokens a second of all targets.
    public var tokensPerSecond: Double { self.targets.reduce(0) { $0 + $1.tokensPerSecond } }
}

private func ratio(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
