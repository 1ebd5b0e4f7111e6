internal import CoreMetrics
internal import ForetokenWire
internal import Roles
internal import Speculation

/// Counts what a coordinator sees, with whatever backend swift-metrics has.
struct CoordinatorMetrics {
    private let finished: [FinishReason: Counter]
    private let errors: [Status.Code: Counter]
    private let malformed: Counter
    private let strangers: Counter
    private let refusals: [Role: [RefusalReason: Counter]]
    private let roundingChanges: Counter
    private let promptTokens: Counter
    private let generatedTokens: Counter
    private let timeToFirstToken: Timer
    private let interTokenLatency: Timer
    private let requestLatency: Timer
    /// What statistics tell of, each with its counter.
    private let counts: [(of: (Statistics) -> Int, counter: Counter)]
    private let seconds: [(of: (Statistics) -> UInt64, counter: FloatingPointCounter)]
    private let failovers: [Role: Counter]
    private let running: Meter
    private let waiting: Meter
    private let kvUsage: Meter
    private var gauges: GaugeSheet
    private var totals = Totals()

    /// Sums over all texts, for ratios.
    private struct Totals {
        var generation: UInt64 = 0
        var alone: UInt64 = 0
        var linkBytes: UInt64 = 0
        var acceptedTokens = 0
    }

    init(_ factory: any MetricsFactory) {
        func counter(_ metric: Metric, _ labels: [(String, String)] = []) -> Counter {
            Counter(label: metric.rawValue, dimensions: labels, factory: factory)
        }
        func seconds(_ metric: Metric) -> FloatingPointCounter {
            FloatingPointCounter(label: metric.rawValue, factory: factory)
        }
        func timer(_ metric: Metric) -> Timer {
            Timer(label: metric.rawValue, preferredDisplayUnit: .seconds, factory: factory)
        }

        func meter(_ metric: Metric) -> Meter { Meter(label: metric.rawValue, factory: factory) }

        (self.running, self.waiting, self.kvUsage) = (meter(.running), meter(.waiting), meter(.kvUsage))
        // All that may come is there from the start: the first of a kind is an increase, too.
        self.finished = [
            .stop: counter(.success, [("finished_reason", "stop")]),
            .length: counter(.success, [("finished_reason", "length")]),
        ]
        let codes = Status.Code.allCases.filter { $0 != .ok }
        self.errors = Dictionary(uniqueKeysWithValues: codes.map { ($0, counter(.errors, [("code", $0.name)])) })
        self.failovers = Dictionary(
            uniqueKeysWithValues: [Role.target, .draft].map { ($0, counter(.failovers, [("role", $0.rawValue)])) })
        self.malformed = counter(.dropped, [("reason", "malformed")])
        self.strangers = counter(.dropped, [("reason", "stranger")])
        self.refusals = Dictionary(
            uniqueKeysWithValues: [Role.coordinator, .target, .draft].map { role in
                let counters = RefusalReason.allCases.map { reason in
                    (reason, counter(.refusals, [("reason", reason.rawValue), ("role", role.rawValue)]))
                }
                return (role, Dictionary(uniqueKeysWithValues: counters))
            })
        self.roundingChanges = counter(.roundingChanges)
        self.promptTokens = counter(.promptTokens)
        self.generatedTokens = counter(.generatedTokens)
        self.timeToFirstToken = timer(.timeToFirstToken)
        self.interTokenLatency = timer(.interTokenLatency)
        self.requestLatency = timer(.requestLatency)
        self.counts =
            [
                ({ $0.reusedTokens }, counter(.reusedTokens)),
                ({ $0.rounds }, counter(.drafts)),
                ({ $0.draftTokens }, counter(.draftTokens)),
                ({ $0.acceptedTokens }, counter(.acceptedTokens)),
                ({ $0.targetPasses }, counter(.targetPasses)),
                ({ $0.staleBlocks }, counter(.staleBlocks)),
                ({ $0.missedBlocks }, counter(.missedBlocks)),
                ({ Int($0.blockBytes) }, counter(.linkBytes, [("direction", "to_target")])),
                ({ Int($0.verdictBytes) }, counter(.linkBytes, [("direction", "to_draft")])),
            ]
            + (0...Statistics.countedPositions).map { place in
                let name = place < Statistics.countedPositions ? "\(place)" : "\(place)+"
                return ({ $0.acceptedPerPosition[place] }, counter(.acceptedPerPosition, [("position", name)]))
            }
        self.seconds = [
            ({ $0.waitedMicroseconds }, seconds(.waited)),
            ({ $0.generationMicroseconds }, seconds(.generation)),
            ({ $0.aloneMicroseconds }, seconds(.alone)),
        ]
        self.gauges = GaugeSheet(factory)
    }

    // MARK: Requests

    mutating func count(_ count: CoordinatorState.Count) {
        switch count {
        case .opened(let promptTokens):
            self.promptTokens.increment(by: promptTokens)
        case .left(let tokens, let wait):
            self.left(tokens, after: wait)
        case .finished(let reason, let seconds):
            self.finished[reason]?.increment()
            self.requestLatency.recordSeconds(seconds)
        case .failed(let code):
            self.failed(code)
        case .failedOver(let role):
            self.failovers[role]?.increment()
        case .strayed:
            self.roundingChanges.increment()
        case .cost(let statistics, let former):
            self.count(statistics, since: former)
        case .refused(let role, let reason, let times):
            self.refusals[role]?[reason]?.increment(by: times)
        }
    }

    func failed(_ code: Status.Code) {
        self.errors[code]?.increment()
    }

    /// Tokens leave for a client together.
    private func left(_ tokens: Int, after wait: Pace.Wait?) {
        self.generatedTokens.increment(by: tokens)
        switch wait {
        case .forFirst(let seconds): self.timeToFirstToken.recordSeconds(seconds)
        case .forNext(let seconds): self.interTokenLatency.recordSeconds(seconds)
        case nil: break
        }
        for _ in 1..<max(1, tokens) { self.interTokenLatency.recordNanoseconds(0) }
    }

    // MARK: Speculation

    /// Counts what a sequence has cost since its statistics were `former`. What a target tells may be anything: no
    /// counter falls.
    private mutating func count(_ statistics: Statistics, since former: Statistics) {
        for (value, counter) in self.counts {
            counter.increment(by: max(0, value(statistics) - value(former)))
        }
        func increase(_ value: (Statistics) -> UInt64) -> UInt64 {
            value(statistics) - min(value(statistics), value(former))
        }
        for (value, counter) in self.seconds { counter.increment(by: Double(increase(value)) * 1e-6) }
        self.totals.generation &+= increase { $0.generationMicroseconds }
        self.totals.alone &+= increase { $0.aloneMicroseconds }
        self.totals.linkBytes &+= increase { $0.blockBytes + $0.verdictBytes }
        self.totals.acceptedTokens += max(0, statistics.acceptedTokens - former.acceptedTokens)
    }

    /// Messages were dropped instead of being carried out.
    func dropped(malformed: Int, strangers: Int) {
        if malformed > 0 { self.malformed.increment(by: malformed) }
        if strangers > 0 { self.strangers.increment(by: strangers) }
    }

    /// This coordinator itself has refused somebody or something.
    func refused(_ news: [Refusals.News]) {
        for one in news { self.refusals[.coordinator]?[one.reason]?.increment(by: one.count) }
    }

    // MARK: The present

    /// What balances load between coordinators: it is read many times a second.
    func show(_ load: Load) {
        self.running.set(load.sequences)
        self.waiting.set(load.waiting)
        self.kvUsage.set(Double(load.kvUsage))
    }

    mutating func show(_ readings: [Reading]) {
        var readings = readings
        if self.totals.generation > 0 {
            let speedup = Double(self.totals.alone) / Double(self.totals.generation)
            readings.append(Reading(metric: .speedup, value: speedup))
        }
        if self.totals.acceptedTokens > 0 {
            let bytes = Double(self.totals.linkBytes) / Double(self.totals.acceptedTokens)
            readings.append(Reading(metric: .linkBytesPerToken, value: bytes))
        }
        self.gauges.show(readings)
    }
}
