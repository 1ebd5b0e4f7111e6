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
              foretoken simulate --trace trace.jsonl --costs costs.json --tuned --output cells.json
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

    @Option(help: .init("Where to write all figures.", valueName: "file"))
    var output: String?

    func validate() throws {
        if !(self.jitter >= 0) { throw ValidationError("--jitter \(self.jitter) is negative") }
        if let bandwidth, !(bandwidth > 0) { throw ValidationError("--bandwidth \(bandwidth) is not above 0") }
    }

    func run() async throws {
        let traces = try self.trace.map { file throws(CommandError) in try InputFile.trace(file) }
        let costs = try self.costs.map { file throws(CommandError) in try InputFile.costs(file) }
        let ending = try await untilInterrupted { await self.cells(self.sweeps(traces, costs)) }
        guard case .finished(let cells) = ending else { throw ExitCode(130) }
        let report = SimulationReport(cells: cells)
        Console.write(report.text)
        if let output {
            try OutputFile.write(report.json, to: output)
        }
    }

    private func sweeps(_ traces: [Trace], _ costs: [Costs]) -> [Sweep] {
        let texts = traces.flatMap(\.texts)
        let endTokens = Set(traces.flatMap(\.header.endTokens))
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
