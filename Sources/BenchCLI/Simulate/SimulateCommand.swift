import ArgumentParser
import CommandSupport
import Foundation
import Measurement
import Simulation
import Speculation
import Synchronization

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Replay recorded texts under any rule, delay and cost, or a whole fleet, on a virtual clock.",
        discussion: """
            Runs the very code that decides live on what a trace says a draft saw; only time is computed. The draft \
            runs ahead of the verdict; under a rule with sync: before it, as the published ones are replayed unless \
            --rules says otherwise, it waits for each, and the target for each block. Prints, for each domain, cost \
            and delay, the speed-up over the target alone; --output writes every figure as JSON.

            With --fleet: many requests over many targets and drafts at mixed distances, with arrivals, prefills and \
            failures, each rule against the others. Every text that comes out is compared with what the target wrote.

            EXAMPLES:
              foretoken-bench record --prompts prose.jsonl --output trace.jsonl
              foretoken-bench costs --output costs.json
              foretoken-bench simulate --trace trace.jsonl --costs costs.json --delays 0,20,80
              foretoken-bench simulate --trace trace.jsonl --costs costs.json --tuned \\
                  --output cells.json
              foretoken-bench simulate --trace trace.jsonl --costs costs.json --drift 0,80,20
              foretoken-bench simulate --fleet --acceptance 0.8 --clients 1,4,16,64
              foretoken-bench simulate --fleet --targets 20 --drafts 100 --requests 10000 \\
                  --delays 0,5,20,80 --output fleet.json
              foretoken-bench simulate --fleet --trace trace.jsonl --costs costs.json --rate 12 \\
                  --draft-failures 60
            """)

    @Option(help: .init("A trace of `foretoken-bench record`; repeatable.", valueName: "file"))
    var trace: [String] = []

    @Option(help: .init("Costs of `foretoken-bench costs`; repeatable.", valueName: "file"))
    var costs: [String] = []

    @Option(
        help: .init("One-way delays, in commas. (default: 0,5,20,40,55,83,111,150)", valueName: "ms"),
        transform: { try DelayList.parse($0) })
    var delays: [Double]?

    @Option(
        help: .init("Each way takes longer by its own draw, uniform from 0 to this. (default: 0)", valueName: "ms"))
    var jitter: Double?

    @Option(help: .init("Megabits a second in each direction. (default: without limit)", valueName: "mbit"))
    var bandwidth: Double?

    @Option(
        help: .init(
            "Rules to replay besides marginal and the oracle, in commas. (default: all published and sync:marginal)"),
        transform: { try [LookaheadRule](argument: $0) })
    var rules: [LookaheadRule]?

    @Flag(help: "Replay the rules that have a value with every value, and compare with the best of each cell.")
    var tuned = false

    @Flag(help: "Replay the texts of all domains as one, instead of each domain by itself.")
    var together = false

    @Option(
        help: .init(
            """
            Instead: one run through these one-way delays, in which the domain changes too, each time alone; and how \
            far marginal is behind the best rule and value of each phase. A delay may come again.
            """, valueName: "ms"),
        transform: { try DelayList.parse($0, keepsRepeats: true) })
    var drift: [Double]?

    @Option(help: .init("Where to write all figures, as JSON; deploy/bench/plots draws them.", valueName: "file"))
    var output: String?

    @OptionGroup(title: "A fleet")
    var fleet: FleetOptions

    func validate() throws {
        try checkRange(self.jitter, "--jitter", 0...60_000, "ms")
        try checkRange(self.bandwidth, "--bandwidth", 0.001...1_000_000, "Mbit/s")
        if self.fleet.fleet { return try self.validateFleet() }
        if self.trace.isEmpty || self.costs.isEmpty {
            throw ValidationError(
                "\(self.trace.isEmpty ? "--trace" : "--costs") is missing: replays need both, --fleet neither")
        }
        guard self.drift != nil else { return }
        let others = [
            ("--delays", self.delays != nil), ("--rules", self.rules != nil), ("--tuned", self.tuned),
            ("--jitter", self.jitter != nil), ("--bandwidth", self.bandwidth != nil),
        ]
        for (option, isGiven) in others where isGiven {
            throw ValidationError("--drift does not go with \(option): it is a run of its own, under all rules")
        }
    }

    private func validateFleet() throws {
        let others = [
            ("--drift", self.drift != nil), ("--tuned", self.tuned), ("--together", self.together),
        ]
        for (option, isGiven) in others where isGiven { throw ValidationError("--fleet does not go with \(option)") }
        if self.fleet.sharedCores, self.delays != nil {
            throw ValidationError(
                "--shared-cores does not go with --delays: a draft on the target's cores is 0 ms away")
        }
        if !self.trace.isEmpty, self.fleet.acceptance != nil {
            throw ValidationError("--acceptance is for fleets without --trace: the trace tells it")
        }
    }

    func run() async throws {
        if self.fleet.fleet { return try await self.runFleet() }
        let traces = try self.trace.map { file throws(CommandError) in try InputFile.trace(file) }
        let costs = try self.readCosts()
        let texts = traces.flatMap(\.texts).map { text in
            var text = text
            if self.together { text.domain = "" }
            return text
        }
        if let output { try OutputFile.check(output) }
        let endTokens = Set(traces.flatMap(\.header.endTokens))
        if let drift {
            return try await self.run(try self.drifts(texts, drift.map { $0 * 1e-3 }, costs, endTokens))
        }
        let sweeps = self.sweeps(texts, costs, endTokens)
        let ending = try await untilInterrupted { try await self.cells(sweeps) }
        guard case .finished(let cells) = ending else { throw ExitCode(130) }
        let report = SimulationReport(cells: cells, rules: self.columns)
        Console.write(report.text)
        if let output {
            try OutputFile.write(try report.json(sweeps, source: Self.source(traces)), to: output)
        }
    }

    private func runFleet() async throws {
        let traces = try self.trace.map { file throws(CommandError) in try InputFile.trace(file) }
        let costs = self.costs.isEmpty ? [Costs.typical] : try self.readCosts()
        if let output { try OutputFile.check(output) }
        let plans = self.fleet.plans(
            costs: costs,
            distances: (self.delays ?? (self.fleet.sharedCores ? [0] : [0, 5, 20, 40])).map(self.distance),
            rules: (self.rules ?? [.marginal, .fixed(4), .off]).uniqued())
        let recorded = traces.flatMap(\.texts).filter { !$0.tokens.isEmpty }
        if !traces.isEmpty, recorded.isEmpty { throw CommandError(.badData, "the traces have no tokens") }
        let run = FleetRun(
            plans: plans, texts: traces.isEmpty ? self.fleet.syntheticTexts : recorded,
            endTokens: Set(traces.flatMap(\.header.endTokens)))
        let progress = ProgressBar(total: plans.reduce(0) { $0 + $1.requests }, of: "requests")
        defer { progress.end() }
        let ending = try await untilInterrupted { try await run.results(progress) }
        guard case .finished(let results) = ending else { throw ExitCode(130) }
        let report = FleetReport(
            results: results.map(\.result), took: results.map(\.took), plan: plans[0],
            source: traces.isEmpty
                ? "draft right in \(((self.fleet.acceptance ?? 0.7) * 100).plainText) %"
                : "\(count(recorded.count, "recorded text"))")
        progress.interrupt { Console.write(report.text) }
        if let output { try OutputFile.write(try report.json(), to: output) }
        if report.results.contains(where: \.isBroken) {
            throw CommandError(.internalError, "texts are not whole: this is a fault of the simulation or the rules")
        }
    }

    private func distance(_ milliseconds: Double) -> Distance {
        Distance(
            delay: milliseconds * 1e-3, jitter: (self.jitter ?? 0) * 1e-3, bandwidth: self.bandwidth.map { $0 * 1e6 })
    }

    /// - Throws: also when two files have one name, under which the report would mix their figures.
    private func readCosts() throws(CommandError) -> [Costs] {
        var files: [String: String] = [:]
        return try self.costs.map { (file) throws(CommandError) in
            let costs = try InputFile.costs(file)
            if let other = files.updateValue(file, forKey: costs.name) {
                throw CommandError(
                    .badData,
                    "\(other) and \(file) are both named \"\(costs.name)\": give each a \"name\" of its own, as "
                        + "`foretoken-bench costs --name` does")
            }
            return costs
        }
    }

    private func drifts(
        _ texts: [Trace.Text], _ delays: [Seconds], _ costs: [Costs], _ endTokens: Set<Token>
    ) throws(CommandError) -> [Drift] {
        do {
            return try costs.map { (costs) throws(DriftError) in
                try Drift(texts: texts, delays: delays, costs: costs, endTokens: endTokens)
            }
        } catch {
            throw CommandError(.badData, error.description)
        }
    }

    private func run(_ drifts: [Drift]) async throws {
        let rules = Contender.tuned.compactMap { Contender($0) }
        let progress = ProgressBar(total: drifts.count * (rules.count + 1), of: "runs")
        defer { progress.end() }
        var outcomes: [String: [Drift.Outcome]] = [:]
        for drift in drifts {
            let ending = try await untilInterrupted {
                try await drift.outcomes(Contender(.marginal)!, against: rules) { progress.advance() }
            }
            guard case .finished(let result) = ending else { throw ExitCode(130) }
            outcomes[drift.costs.name] = result
            progress.interrupt { Console.write(DriftReport(costs: drift.costs.name, outcomes: result).text) }
        }
        if let output {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try OutputFile.write(String(decoding: try encoder.encode(outcomes), as: UTF8.self) + "\n", to: output)
        }
    }

    private static func source(_ traces: [Trace]) -> String {
        let (header, tokens) = (traces[0].header, traces.flatMap(\.texts).reduce(0) { $0 + $1.tokens.count })
        return "Replay of \(tokens) tokens, \(header.target) with \(header.draft), temperature "
            + header.temperature.plainText
    }

    private func sweeps(_ texts: [Trace.Text], _ costs: [Costs], _ endTokens: Set<Token>) -> [Sweep] {
        let domains = texts.map(\.domain).uniqued()
        return costs.flatMap { costs in
            domains.flatMap { domain in
                (self.delays ?? Self.usualDelays).map { delay in
                    Sweep(
                        texts: texts.filter { $0.domain == domain }, domain: domain, costs: costs,
                        distance: self.distance(delay), endTokens: endTokens)
                }
            }
        }
    }

    private static let usualDelays: [Double] = [0, 5, 20, 40, 55, 83, 111, 150]

    /// Each once.
    private var rulesBesideMarginal: [LookaheadRule] {
        (self.rules ?? Contender.published + [.synchronous(.marginal)]).reduce(into: []) {
            if $1 != .marginal, $1 != .off, !$0.contains($1) { $0.append($1) }
        }
    }

    /// What the tables and pictures show.
    private var columns: [String] {
        self.rulesBesideMarginal.map(\.description) + ["marginal", "oracle"]
    }

    private var contenders: [Contender] {
        var rules = self.rulesBesideMarginal
        if self.tuned { rules += Contender.tuned.filter { !rules.contains($0) } }
        return (rules + [.marginal]).compactMap { Contender($0) } + [.oracle]
    }

    /// In the order of the sweeps, whoever is done first.
    private func cells(_ sweeps: [Sweep]) async throws -> [Cell] {
        let contenders = self.contenders
        let progress = ProgressBar(total: sweeps.count * contenders.count, of: "replays")
        defer { progress.end() }
        return try await withThrowingTaskGroup(of: (Int, [Cell]).self) { group in
            for (index, sweep) in sweeps.enumerated() {
                group.addTask {
                    var cells: [Cell] = []
                    for contender in contenders {
                        cells.append(try await sweep.cell(contender))
                        progress.advance()
                    }
                    return (index, cells)
                }
            }
            var results = [[Cell]](repeating: [], count: sweeps.count)
            for try await (index, cells) in group { results[index] = cells }
            return results.flatMap { $0 }
        }
    }
}
