import ArgumentParser
import ForetokenBench
import Foundation
import Speculation
import Synchronization

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Replay recorded texts under any rule, delay and cost, on a virtual clock.",
        discussion: """
            Runs the very code that decides live on what a trace says a draft saw; only time is computed. Draft and \
            target take turns. Prints, for each domain, cost and delay, the speed-up over the target alone; --output \
            writes every figure as JSON.

            EXAMPLES:
              foretoken bench record --prompts prose.jsonl --output trace.jsonl
              foretoken bench costs --output costs.json
              foretoken simulate --trace trace.jsonl --costs costs.json --delays 0,20,80
              foretoken simulate --trace trace.jsonl --costs costs.json --tuned --output cells.json --plots .
              foretoken simulate --trace trace.jsonl --costs costs.json --drift 0,80,20
            """)

    @Option(help: .init("A trace of `foretoken bench record`; repeatable.", valueName: "file"))
    var trace: [String]

    @Option(help: .init("Costs of `foretoken bench costs`; repeatable.", valueName: "file"))
    var costs: [String]

    @Option(
        help: .init("One-way delays, in commas. (default: 0,5,20,40,55,83,111,150)", valueName: "ms"),
        transform: { try DelayList.parse($0) })
    var delays: [Double] = [0, 5, 20, 40, 55, 83, 111, 150]

    @Option(help: .init("Mean of what is added to each way, at random.", valueName: "ms"))
    var jitter: Double = 0

    @Option(help: .init("Of the link; unlimited if not given.", valueName: "Mbit/s"))
    var bandwidth: Double?

    @Option(
        help: .init("Rules to replay beside marginal and the oracle, in commas. (default: all published)"),
        transform: { try [LookaheadRule](argument: $0) })
    var rules: [LookaheadRule] = Contender.published

    @Flag(help: "Replay the rules that have a value with every value, and compare with the best of each cell.")
    var tuned = false

    @Flag(help: "Replay the texts of all domains as one, instead of each domain by itself.")
    var together = false

    @Option(
        help: .init(
            """
            Instead: one run through these one-way delays, in which the domain changes too, each time alone; and how \
            far marginal is behind the best rule and value of each phase.
            """, valueName: "ms"),
        transform: { try DelayList.parse($0) })
    var drift: [Double]?

    @Option(help: .init("Where to write all figures, as JSON.", valueName: "file"))
    var output: String?

    @Option(help: .init("Where to draw: delays.svg, regret.svg, acceptance.svg and text.svg.", valueName: "folder"))
    var plots: String?

    func validate() throws {
        if !(self.jitter >= 0) { throw ValidationError("--jitter \(self.jitter) is negative") }
        if let bandwidth, !(bandwidth > 0) { throw ValidationError("--bandwidth \(bandwidth) is not above 0") }
    }

    func run() async throws {
        let traces = try self.trace.map { file throws(CommandError) in try InputFile.trace(file) }
        let costs = try self.costs.map { file throws(CommandError) in try InputFile.costs(file) }
        let texts = traces.flatMap(\.texts).map { text in
            var text = text
            if self.together { text.domain = "" }
            return text
        }
        let endTokens = Set(traces.flatMap(\.header.endTokens))
        if let drift {
            return try await self.run(
                costs.map { Drift(texts: texts, delays: drift.map { $0 * 1e-3 }, costs: $0, endTokens: endTokens) })
        }
        let sweeps = self.sweeps(texts, costs, endTokens)
        let ending = try await untilInterrupted { await self.cells(sweeps) }
        guard case .finished(let cells) = ending else { throw ExitCode(130) }
        let report = SimulationReport(cells: cells)
        Console.write(report.text)
        if let output { try OutputFile.write(report.json, to: output) }
        if let plots { try self.draw(report, sweeps, source: Self.source(traces), in: plots) }
    }

    private func run(_ drifts: [Drift]) async throws {
        let rules = Contender.tuned.compactMap { Contender($0) }
        let progress = Progress(total: drifts.count, of: "runs")
        var outcomes: [String: [Drift.Outcome]] = [:]
        for drift in drifts {
            let ending = try await untilInterrupted { drift.outcomes(Contender(.marginal)!, against: rules) }
            guard case .finished(let result) = ending else { throw ExitCode(130) }
            outcomes[drift.costs.name] = result
            progress.advance()
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

    private func draw(_ report: SimulationReport, _ sweeps: [Sweep], source: String, in folder: String) throws {
        let plots = SimulationPlots(cells: report.cells, source: source)
        let rules = report.columns
        try OutputFile.write(plots.overDelay(rules: rules), to: folder + "/delays.svg")
        try OutputFile.write(plots.regret(rules: rules), to: folder + "/regret.svg")
        // Where distance is felt, but drafting still pays.
        let drafting = report.cells.filter { $0.rule == "marginal" && $0.speedUp > 1.1 }.max {
            $0.delayMilliseconds < $1.delayMilliseconds
        }
        let sweep = sweeps.first { sweep in
            sweep.domain == drafting?.domain && sweep.costs.name == drafting?.costs
                && (sweep.distance.delay * 1e6).rounded() / 1e3 == drafting?.delayMilliseconds
        }
        if let sweep, let picture = SimulationPlots.alongText(sweep, source: source) {
            try OutputFile.write(picture, to: folder + "/text.svg")
        }
        let last = sweeps.filter { $0.costs.name == sweeps.last!.costs.name }
        if let picture = SimulationPlots.acceptance(last, source: source) {
            try OutputFile.write(picture, to: folder + "/acceptance.svg")
        }
    }

    private func sweeps(_ texts: [Trace.Text], _ costs: [Costs], _ endTokens: Set<Token>) -> [Sweep] {
        var domains: [String] = []
        for text in texts where !domains.contains(text.domain) { domains.append(text.domain) }
        return costs.flatMap { costs in
            domains.flatMap { domain in
                self.delays.map { delay in
                    Sweep(
                        texts: texts.filter { $0.domain == domain }, domain: domain, costs: costs,
                        distance: Distance(
                            delay: delay * 1e-3, jitter: self.jitter * 1e-3, bandwidth: self.bandwidth.map { $0 * 1e6 }),
                        endTokens: endTokens)
                }
            }
        }
    }

    private var contenders: [Contender] {
        var rules = self.rules.filter { $0 != .marginal }
        if self.tuned { rules += Contender.tuned.filter { !rules.contains($0) } }
        return (rules + [.marginal]).compactMap { Contender($0) } + [.oracle]
    }

    /// In the order of the sweeps, whoever is done first.
    private func cells(_ sweeps: [Sweep]) async -> [Cell] {
        let contenders = self.contenders
        let progress = Progress(total: sweeps.count * contenders.count, of: "replays")
        defer { progress.end() }
        return await withTaskGroup(of: (Int, [Cell]).self) { group in
            for (index, sweep) in sweeps.enumerated() {
                group.addTask {
                    var cells: [Cell] = []
                    for contender in contenders where !Task.isCancelled {
                        cells.append(sweep.cell(contender))
                        progress.advance()
                    }
                    return (index, cells)
                }
            }
            var results = [[Cell]](repeating: [], count: sweeps.count)
            for await (index, cells) in group { results[index] = cells }
            return results.flatMap { $0 }
        }
    }
}

enum DelayList {
    static func parse(_ text: String) throws -> [Double] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map {
            guard let delay = Double($0), (0...60_000).contains(delay) else {
                throw ValidationError("\"\($0)\" is no delay: write milliseconds from 0 to 60000, as in 0,5,20")
            }
            return delay
        }
    }
}
