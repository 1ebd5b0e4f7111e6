import ArgumentParser
import Foretoken
import ForetokenBench
import ForetokenEngine
import ForetokenLinks
import Foundation
import LinkEmulator
import Logging
import Speculation
import Synchronization
import UnixSignals

struct BenchLive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Measures rules over distances: real services, every rule at every delay.",
        discussion: """
            Starts target, draft and coordinator in this process, over TCP, with an emulated link between draft and \
            target, and generates each prompt under every rule at every delay, one text at a time. Rules take turns, \
            so that what else the machine does meets all alike; off, the target alone, is always among them.

            Beside them stand the colocated arms, which need no network: both models in one process, called in turn, \
            the target with all cores.

            Rates are of decoding, behind the first pass. A ratio is of sums, with a bootstrap interval over prompts. \
            Every text is compared with that of the target alone.

            EXAMPLES:
              foretoken bench live --prompts prompts.jsonl --output live.json
              foretoken bench live --prompts a.jsonl --limit 10 --rules marginal,fixed:4 \\
                  --delays 0,20 --model T.gguf --draft D.gguf --threads 3
            """)

    @Option(help: .init("Prompts, one JSON object a line; repeatable.", valueName: "file"))
    var prompts: [String]

    @Option(help: .init("Only the first n prompts.", valueName: "n"))
    var limit: Int?

    @Option(
        help: .init("Rules to measure, in commas. (default: all)", valueName: "rules"),
        transform: { try [LookaheadRule](argument: $0) })
    var rules: [LookaheadRule] = [
        .off, .marginal, .fixed(1), .fixed(2), .fixed(4), .fixed(8), .heuristic, .confidence(threshold: 0.4, cap: 20),
        .adaptiveConfidence, .cumulative(limit: 0.5), .entropy(threshold: 0.4), .bandit, .goodput,
    ]

    @Option(
        help: .init("One-way delays, in commas. (default: 0,5,20,80)", valueName: "ms"),
        transform: { try DelayList.parse($0) })
    var delays: [Double] = [0, 5, 20, 80]

    @Option(
        help: .init(
            "Lookaheads of the colocated arms, in commas; 0: the target alone, with all cores; none: no such arms. "
                + "(default: 0,1,2,3,4,6,8)", valueName: "n"),
        transform: { try Self.parseLookaheads($0) })
    var colocated: [Int] = [0, 1, 2, 3, 4, 6, 8]

    @Option(
        help: .init(
            "Threads of the target in the colocated arms, where the draft rests meanwhile. "
                + "(default: --threads and --draft-threads together)", valueName: "n"))
    var colocatedThreads: Int?

    @Option(help: .init("New tokens of each text.", valueName: "n"))
    var maxTokens = 128

    @Option(help: .init("0 takes the most probable token, and texts tend to repeat themselves.", valueName: "t"))
    var temperature: Float = 0.8

    @Option(help: .init("The same seed gives the same texts.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: .init("How often all is measured.", valueName: "n"))
    var repetitions = 3

    @Option(help: .init("Write machine, models, all samples and sums as JSON.", valueName: "file"))
    var output: String?

    @Option(help: .init("Draw the speed-up over the delay, as SVG.", valueName: "file"))
    var plot: String?

    @OptionGroup(title: "Models")
    var pair: PairOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    func validate() throws {
        try checkPositive(self.maxTokens, "--max-tokens")
        try checkPositive(self.limit, "--limit")
        try checkPositive(self.repetitions, "--repetitions")
        try checkPositive(self.colocatedThreads, "--colocated-threads")
        if let fault = Sampling(temperature: self.temperature).fault { throw ValidationError(fault) }
    }

    func run() async throws {
        let prompts = try CheckPrompt.read(self.prompts, limit: self.limit)
        for path in [self.output, self.plot].compactMap(\.self) { try OutputFile.check(path) }
        let logger = self.log.start(level: .error)
        let models = try self.pair.load(slots: 1, draft: true)
        let report = Mutex(self.emptyReport(models, prompts))
        let ending: Result<Ending<Void>, any Error>
        do {
            ending = .success(
                try await self.measure(models, prompts, logger) { sample in
                    report.withLock { $0.samples.append(sample) }
                })
        } catch {
            ending = .failure(error)
        }
        let isComplete = if case .success(.finished) = ending { true } else { false }
        let finished = report.withLock {
            $0.summarize(isComplete: isComplete)
            return $0
        }
        // What was measured is there even when a text fails.
        if case .failure(let error) = ending, finished.samples.isEmpty { throw error }
        Console.write(LiveTable(report: finished).text + "\n")
        if let output { try OutputFile.write(try finished.encoded(), to: output) }
        if let plot { try OutputFile.write(LivePlot(report: finished).svg, to: plot) }
        if case .interrupted(let signal) = try ending.get() { throw ExitCode(signal == .sigint ? 130 : 143) }
    }

    private func measure(
        _ models: ModelPair, _ prompts: [CheckPrompt], _ logger: Logger,
        record: @escaping @Sendable (LiveSample) -> Void
    ) async throws -> Ending<Void> {
        try await LinkedServices.with(models, logger) { clients, link in
            let bench = LiveBench(
                prompts: prompts, rules: ([.off] + self.rules).uniqued(), delays: self.delays,
                lookaheads: self.colocated, repetitions: self.repetitions,
                options: GenerationOptions(
                    maxTokens: self.maxTokens, temperature: self.temperature, seed: self.seed),
                client: clients[0], link: link, colocated: try self.loadColocated())
            let progress = Progress(total: bench.count, of: "texts")
            defer { progress.end() }
            return try await untilInterrupted {
                try await bench.run { sample in
                    record(sample)
                    progress.advance()
                }
            }
        }
    }

    private var threadsColocated: Int {
        self.colocatedThreads ?? self.pair.targetThreads + self.pair.draftThreads
    }

    private func loadColocated() throws(CommandError) -> Colocated? {
        guard !self.colocated.isEmpty else { return nil }
        return try Colocated(
            target: self.pair.target(slots: 1, threads: self.threadsColocated), draft: self.pair.draft(slots: 1))
    }
}

// MARK: What goes in and out

extension BenchLive {
    private static func parseLookaheads(_ text: String) throws -> [Int] {
        guard text != "none" else { return [] }
        var lookaheads: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let lookahead = Int(part), (0...LookaheadRule.mostTokens).contains(lookahead) else {
                throw ValidationError(
                    "\"\(part)\" is no lookahead from 0 to \(LookaheadRule.mostTokens): write --colocated 1,2,4, or none"
                )
            }
            if !lookaheads.contains(lookahead) { lookaheads.append(lookahead) }
        }
        return lookaheads
    }

    private func emptyReport(_ models: ModelPair, _ prompts: [CheckPrompt]) -> LiveReport {
        LiveReport(
            date: Date(), commandLine: CommandLine.arguments, machine: .current,
            target: .init(models.target.description, file: self.pair.model, threads: self.pair.targetThreads),
            draft: .init(models.draft!.description, file: self.pair.draft, threads: self.pair.draftThreads),
            colocatedThreads: self.threadsColocated, isExact: self.pair.exact, maxTokens: self.maxTokens,
            temperature: self.temperature, seed: self.seed, repetitions: self.repetitions,
            prompts: prompts.map { .init(place: $0.place, domain: $0.domain) })
    }
}

extension LiveReport.Model {
    init(_ model: ModelDescription, file: String?, threads: Int) {
        self.init(name: model.name, file: file, parameters: model.parameters, threads: threads)
    }
}
