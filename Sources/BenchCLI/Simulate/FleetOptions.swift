import ArgumentParser
import CommandSupport
import Measurement
import Simulation
import Speculation

/// What `simulate --fleet` is told besides traces, costs, distances and rules.
struct FleetOptions: ParsableArguments {
    @Flag(
        help: """
            Simulate a whole fleet with many requests at once. Needs neither --trace nor --costs. --delays are then \
            shared out among the drafts in turn (default: 0,5,20,40), and --rules are those of all requests \
            (default: marginal,fixed:4,off). --output writes the results, which deploy/bench/plots draws.
            """)
    var fleet = false

    @Option(help: .init("Targets. (default: 4)", valueName: "n"))
    var targets: Int?

    @Option(help: .init("Drafts. (default: 8)", valueName: "n"))
    var drafts: Int?

    @Option(help: .init("Sequences that each target holds at once. (default: 16)", valueName: "n"))
    var slots: Int?

    @Option(help: .init("Sequences that each draft mirrors at once. (default: 16)", valueName: "n"))
    var draftSlots: Int?

    @Flag(
        help: .init(
            "Each draft computes on the cores of a target, in turn with it, as where one process has both models, "
                + "and is 0 ms away from all."))
    var sharedCores = false

    @Option(
        help: .init(
            "Standard deviation of the time of a pass, as a part of it; above 0, one in fifty is held up for longer, "
                + "too. Two shared cores had 0.1. (default: 0)", valueName: "part"))
    var passSpread: Double?

    @Option(
        help: .init(
            "Clients that ask again as soon as they have their answer; several numbers in commas are simulated one by "
                + "one. (default: as many as half of all slots)", valueName: "numbers"),
        transform: { try Self.parseClients($0) })
    var clients: [Int]?

    @Option(help: .init("Instead: this many requests a second, at random instants.", valueName: "r"))
    var rate: Double?

    @Option(help: .init("Requests in all. (default: 1000)", valueName: "n"))
    var requests: Int?

    @Option(help: .init("New tokens of each answer at most. (default: 128)", valueName: "n"))
    var maxTokens: Int?

    @Option(help: .init("Tokens of each prompt. (default: as recorded; 64 without --trace)", valueName: "n"))
    var promptTokens: Int?

    @Option(
        help: .init(
            "Without --trace: how often the draft is right, in easy and hard places that come in runs. (default: 0.7)",
            valueName: "p"))
    var acceptance: Double?

    @Option(help: .init("Mean time from one failure of a target to its next. (default: none fails)", valueName: "s"))
    var targetFailures: Double?

    @Option(help: .init("Mean time from one failure of a draft to its next. (default: none fails)", valueName: "s"))
    var draftFailures: Double?

    @Option(help: .init("Time until a failed member is back, knowing nothing. (default: 10)", valueName: "s"))
    var outage: Double?

    @Option(
        parsing: .unconditional, help: .init("The same seed gives the same results. (default: 1)", valueName: "n"),
        transform: NumberOption.seed)
    var seed: UInt64?

    private static func parseClients(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let number = Int(part), (1...1_000_000).contains(number) else {
                throw ValidationError("\"\(part)\" is not a number of clients, 1 to 1000000: write --clients 1,4,16")
            }
            return number
        }.uniqued()
    }

    func validate() throws {
        guard self.fleet else { return try self.checkNothingIsGiven() }
        for number in self.numbers { try checkRange(number.value, number.option, number.range, number.unit) }
        if self.clients != nil, self.rate != nil {
            throw ValidationError("--clients and --rate are two kinds of load: give one of them")
        }
        if self.outage != nil, self.targetFailures == nil, self.draftFailures == nil {
            throw ValidationError("--outage needs --target-failures or --draft-failures: nothing fails otherwise")
        }
    }

    private func checkNothingIsGiven() throws {
        if self.sharedCores { throw ValidationError("--shared-cores goes with --fleet only") }
        for number in self.numbers where number.value != nil {
            throw ValidationError("\(number.option) goes with --fleet only")
        }
    }

    /// All that is given, and what it may be.
    private var numbers: [(option: String, value: Double?, range: ClosedRange<Double>, unit: String)] {
        [
            ("--targets", self.targets.map(Double.init), 1...10_000, ""),
            ("--drafts", self.drafts.map(Double.init), 0...10_000, ""),
            ("--pass-spread", self.passSpread, 0...1, ""),
            ("--slots", self.slots.map(Double.init), 1...10_000, ""),
            ("--draft-slots", self.draftSlots.map(Double.init), 1...10_000, ""),
            ("--clients", self.clients?.first.map(Double.init), 1...1_000_000, ""),
            ("--rate", self.rate, 1e-6...1_000_000, "requests a second"),
            ("--requests", self.requests.map(Double.init), 1...10_000_000, ""),
            ("--max-tokens", self.maxTokens.map(Double.init), 1...100_000, ""),
            ("--prompt-tokens", self.promptTokens.map(Double.init), 1...100_000, ""),
            ("--acceptance", self.acceptance, 0.01...0.99, ""),
            ("--seed", self.seed.map(Double.init), 0...Double(UInt64.max), ""),
            ("--target-failures", self.targetFailures, 0.001...1e9, "s"),
            ("--draft-failures", self.draftFailures, 0.001...1e9, "s"),
            ("--outage", self.outage, 0...1e6, "s"),
        ]
    }

    /// Tokens of an answer, where none is told.
    private static let usualTokens = 128

    /// Texts that nobody wrote.
    var syntheticTexts: [Trace.Text] {
        (0..<256).map { number in
            .synthetic(
                acceptance: self.acceptance ?? 0.7, count: self.maxTokens ?? Self.usualTokens,
                promptTokens: self.promptTokens ?? 64, seed: (self.seed ?? 1) &* 1_000_003 &+ UInt64(number))
        }
    }

    /// One for each load and rule.
    ///
    /// - Parameters:
    ///   - costs: shared out among targets and drafts in turn.
    ///   - distances: shared out among drafts in turn.
    func plans(costs: [Costs], distances: [Distance], rules: [LookaheadRule]) -> [FleetPlan] {
        let targets = (0..<(self.targets ?? 4)).map {
            FleetPlan.Target(costs: costs[$0 % costs.count], slots: self.slots ?? 16)
        }
        let drafts = (0..<(self.drafts ?? 8)).map {
            FleetPlan.Draft(
                costs: costs[$0 % costs.count], slots: self.draftSlots ?? 16,
                distance: distances[$0 % distances.count])
        }
        let usual = max(1, targets.reduce(0) { $0 + $1.slots } / 2)
        let loads: [FleetPlan.Load] = self.rate.map { [.rate($0)] } ?? (self.clients ?? [usual]).map { .clients($0) }
        return loads.flatMap { load in
            rules.map { rule in
                var plan = FleetPlan(
                    targets: targets, drafts: drafts, rule: rule, load: load, requests: self.requests ?? 1000,
                    maxTokens: self.maxTokens ?? Self.usualTokens, promptTokens: self.promptTokens,
                    failures: self.failures)
                plan.seed = self.seed ?? 1
                plan.sharesCores = self.sharedCores
                plan.passSpread = self.passSpread ?? 0
                return plan
            }
        }
    }

    private var failures: FleetPlan.Failures? {
        guard self.targetFailures != nil || self.draftFailures != nil else { return nil }
        return FleetPlan.Failures(
            betweenTargets: self.targetFailures ?? .infinity, betweenDrafts: self.draftFailures ?? .infinity,
            outage: self.outage ?? 10)
    }
}
