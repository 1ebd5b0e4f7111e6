internal import Speculation

/// Adds up what the requests of one arm were like.
///
/// Latencies, errors and limits tell of the requests whose scheduled beginning was counted; rates of all that came
/// while it was counted, whichever request it belongs to.
struct ArmRecorder: Sendable {
    private let goal: ServiceLevels
    private(set) var figures: LoadFigures
    private(set) var timeToFirstToken = LatencyHistogram()
    private var timePerToken = LatencyHistogram()
    private var interToken = LatencyHistogram()
    private var passes = LatencyHistogram()
    private var endToEnd = LatencyHistogram()
    private var lateness = LatencyHistogram()
    private var errors: [String: Int] = [:]
    private var counters: RequestTrace.Counters?
    private var countedTraces = 0
    private var arrivals = 0
    private var arrivedTokens = 0
    /// Tokens of all that came while it was counted.
    private var tokens = 0.0
    private var tokensByClient: [Int: Double] = [:]
    private var completions = 0
    private var goodCompletions = 0
    private var goodRequests = 0
    private var seconds: Seconds = 0
    private var window: (from: Seconds, until: Seconds)?
    private(set) var timeline = Timeline()

    init(_ arm: LoadArm, goal: ServiceLevels) {
        self.figures = LoadFigures(arm: arm)
        self.goal = goal
    }

    mutating func open(from: Seconds, until: Seconds) {
        self.window = (from, until)
    }

    mutating func close(at end: Seconds) {
        guard let (from, until) = self.window else { return }
        self.seconds += max(0, min(until, end) - from)
        self.window = nil
    }

    mutating func add(_ trace: RequestTrace) {
        self.addRates(trace)
        guard trace.order.isCounted else { return self.figures.warmUpRequests += 1 }
        self.figures.requests += 1
        self.lateness.record(trace.begun - trace.order.scheduled)
        if self.goal.areMet(by: trace) { self.goodRequests += 1 }
        switch trace.ending {
        case .completed:
            self.figures.completed += 1
            if trace.arrivals.isEmpty { self.figures.empty += 1 }
        case .timedOut: self.figures.timedOut += 1
        case .cutOff: self.figures.cutOff += 1
        case .failed(let kind):
            self.figures.failed += 1
            self.errors[kind, default: 0] += 1
            return
        }
        self.addLatencies(trace)
        if let counters = trace.counters { self.add(counters) }
    }

    /// One that did not come to its end counts with the time that it took until then: it is no shorter.
    private mutating func addLatencies(_ trace: RequestTrace) {
        self.timeToFirstToken.record(trace.timeToFirstToken ?? trace.endToEnd)
        self.timeline.addFirstToken(trace.timeToFirstToken ?? trace.endToEnd, at: trace.order.scheduled)
        self.endToEnd.record(trace.endToEnd)
        if let time = trace.timePerToken { self.timePerToken.record(time) }
        for gap in trace.gaps { self.interToken.record(gap) }
        if trace.ending != .completed, let last = trace.arrivals.last { self.interToken.record(trace.ended - last.at) }
        guard trace.ending == .completed else { return }
        self.arrivals += trace.arrivals.count
        self.arrivedTokens += trace.tokens
        if trace.reportedTokens == nil { self.figures.tokensAreEstimated = true }
    }

    private mutating func addRates(_ trace: RequestTrace) {
        let share = trace.tokensPerWeight
        var counted = 0.0
        for arrival in trace.arrivals {
            self.timeline.addTokens(Double(arrival.weight) * share, at: arrival.at)
            guard let window, window.from <= arrival.at, arrival.at <= window.until else { continue }
            counted += Double(arrival.weight) * share
        }
        self.tokens += counted
        if let client = trace.order.client { self.tokensByClient[client, default: 0] += counted }
        guard let window, window.from <= trace.ended, trace.ended <= window.until, trace.ending == .completed else {
            return
        }
        self.completions += 1
        if self.goal.areMet(by: trace) { self.goodCompletions += 1 }
    }

    private mutating func add(_ more: RequestTrace.Counters) {
        self.countedTraces += 1
        var sum = self.counters ?? .init(tokens: 0, targetPasses: 0, rounds: 0, draftTokens: 0, acceptedTokens: 0)
        sum.tokens += more.tokens
        sum.targetPasses += more.targetPasses
        sum.rounds += more.rounds
        sum.draftTokens += more.draftTokens
        sum.acceptedTokens += more.acceptedTokens
        self.counters = sum
        if let seconds = more.passSeconds { self.passes.record(seconds) }
    }

    /// - Parameter now: the end of a window that is still open.
    func summary(now: Seconds) -> LoadFigures {
        var whole = self
        whole.close(at: now)
        var figures = whole.figures
        figures.seconds = whole.seconds
        func rate(_ count: Double) -> Double { figures.seconds > 0 ? count / figures.seconds : 0 }

        figures.tokens = self.tokens
        figures.tokensPerSecond = rate(self.tokens)
        figures.requestsPerSecond = rate(Double(self.completions))
        figures.goodput = rate(Double(self.goodCompletions))
        figures.goodShare = figures.requests > 0 ? Double(self.goodRequests) / Double(figures.requests) : 0
        figures.timeToFirstToken = self.timeToFirstToken.latencies
        figures.timePerToken = self.timePerToken.latencies
        figures.clientTimePerToken = Latencies(
            of: self.tokensByClient.values.map { figures.seconds / max(1, $0) })
        figures.interToken = self.interToken.latencies
        figures.endToEnd = self.endToEnd.latencies
        figures.lateness = self.lateness.latencies
        figures.tokensPerArrival = self.arrivals > 0 ? Double(self.arrivedTokens) / Double(self.arrivals) : nil
        figures.errors = self.errors.map { .init(kind: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
        figures.speculation = self.counters.map { .init($0, passSeconds: self.passes.value(at: 50)) }
        figures.timeline = self.timeline.points
        return figures
    }
}
