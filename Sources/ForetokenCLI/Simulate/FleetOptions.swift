import ArgumentParser
import ForetokenBench
import Speculation

/// What `simulate --fleet` is told beside traces, costs, distances and rules.
struct FleetOptions: ParsableArguments {
    @Flag(
        help: """
            Simulate a whole fleet with many requests at once. Needs neither --trace nor --costs. --delays are then \
            shared out among the drafts in turn (default: 0,5,20,40), and --rules are those of all requests \
            (default: marginal,fixed:4,off). --output writes results, --plots draws fleet-rate.svg, \
            fleet-time-per-token.svg and fleet-drafts.svg.
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

    @Option(
        help: .init(
            "Clients that ask again as soon as they have their answer; several numbers in commas are simulated one by "
                + "one. (default: as many as half of all slots)", valueName: "numbers"),
        transform: { try Self.parseClients($0) })
    var clients: [Int]?

    @Option(help: .init("Instead: so many requests a second, at random instants.", valueName: "r"))
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

    @Option(help: .init("The same seed gives the same results. (default: 1)", valueName: "n"))
    var seed: UInt64?

    private static func parseClients(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let number = Int(part), (1...1_000_000).contains(number) else {
                throw ValidationError("\"\(part)\" is no number of clients from 1 to 1000000: write --clients 1,4,16")
            }
            return number
        }.uniqued()
    }

    func validate() throws {
        guard self.fleet else { return try self.checkNothingIsGiven() }
        for (count, option) in [
            (self.targets, "--targets"), (self.slots, "--slots"), (self.draftSlots, "--draft-slots"),
        ] {
            try checkRange(count.map(Double.init), option, 1...10_000, "")
        }
        try checkRange(self.drafts.map(Double.init), "--drafts", 0...10_000, "")
        try checkRange(self.requests.map(Double.init), "--requests", 1...10_000_000, "")
        try checkRange(self.maxTokens.map(Double.init), "--max-tokens", 1...100_000, "")
        try checkRange(self.promptTokens.map(Double.init), "--prompt-tokens", 1...100_000, "")
        try checkRange(self.rate, "--rate", 1e-6...1_000_000, "requests a second")
        try checkRange(self.acceptance, "--acceptance", 0.01...0.99, "")
        try checkRange(self.targetFailures, "--target-failures", 0.001...1e9, "s")
        try checkRange(self.draftFailures, "--draft-failures", 0.001...1e9, "s")
        try checkRange(self.outage, "--outage", 0...1e6, "s")
        if self.clients != nil, self.rate != nil {
            throw ValidationError("--clients and --rate are two kinds of load: give one of them")
        }
        if self.outage != nil, self.targetFailures == nil, self.draftFailures == nil {
            throw ValidationError("--outage needs --target-failures or --draft-failures: nothing fails otherwise")
        }
    }

    private func checkNothingIsGiven() throws {
        let given: [(String, Bool)] = [
            ("--targets", self.targets != nil), ("--drafts", self.drafts != nil), ("--slots", self.slots != nil),
            ("--draft-slots", self.draftSlots != nil), ("--clients", self.clients != nil),
            ("--rate", self.rate != nil), ("--requests", self.requests != nil),
            ("--max-tokens", self.maxTokens != nil), ("--prompt-tokens", self.promptTokens != nil),
            ("--acceptance", self.acceptance != nil), ("--target-failures", self.targetFailures != nil),
            ("--draft-failures", self.draftFailures != nil), ("--outage", self.outage != nil),
            ("--seed", self.seed != nil),
        ]
        for (option, isGiven) in given where isGiven {
            throw ValidationError("\(option) goes with --fleet only")
        }
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
