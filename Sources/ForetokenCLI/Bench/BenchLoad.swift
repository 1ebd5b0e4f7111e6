import ArgumentParser
import Foretoken
import ForetokenBench
import ForetokenEngine
import Foundation
import LinkEmulator
import Logging
import Speculation
import Synchronization
import UnixSignals

struct BenchLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Measure rules under load: many clients at once.",
        discussion: """
            Starts target, draft and coordinator in this process, over TCP, with an emulated link between draft and \
            target. So many clients at once generate one text after the other, under every rule in turns; off, the \
            target alone, is always among them. What comes counts within a window of time that opens when every client \
            has its first token; what is under way when it closes is cut off.

            Told are tokens per second of all clients, time per token of texts and of clients (a client that starves \
            shows there), and time to the first token. Every text is compared with that of the target alone.

            With --long-prompt all is measured twice: by itself, and beside one more client that sends prompts which \
            fill most of a slot, one after the other. Told is how much later the others get their next token.

            To measure a server that runs already, from outside, there is foretoken loadtest.

            EXAMPLES:
              foretoken bench load --prompts prompts.jsonl --output load.json --plot load.svg
              foretoken bench load --prompts a.jsonl --clients 1,8 --rules marginal --seconds 5
              foretoken bench load --prompts a.jsonl --clients 8 --long-prompt --model T.gguf --draft D.gguf
            """)

    @Option(help: .init("Prompts, one JSON object a line; repeatable.", valueName: "file"))
    var prompts: [String]

    @Option(help: .init("Only the first n prompts.", valueName: "n"))
    var limit: Int?

    @Option(
        help: .init("Clients at once, in commas. (default: 1,2,4,8,16,32)", valueName: "numbers"),
        transform: { try Self.parseClients($0) })
    var clients: [Int] = [1, 2, 4, 8, 16, 32]

    @Option(
        help: .init("Rules to measure, in commas. (default: off,fixed:4,marginal)", valueName: "rules"),
        transform: { try [LookaheadRule](argument: $0) })
    var rules: [LookaheadRule] = [.off, .fixed(4), .marginal]

    @Option(help: .init("One-way delay between draft and target.", valueName: "ms"))
    var delay: Double = 0

    @Option(help: .init("Length of each window.", valueName: "s"))
    var seconds: Double = 10

    @Option(help: .init("From the start of the clients to the window, at least.", valueName: "s"))
    var warmUp: Double = 1

    @Option(help: .init("How often all is measured.", valueName: "n"))
    var repetitions = 3

    @Flag(help: "Measure all once more beside long prompts.")
    var longPrompt = false

    @Option(help: .init("New tokens of each text.", valueName: "n"))
    var maxTokens = 128

    @Option(help: .init("0 takes the most probable token, and texts tend to repeat themselves.", valueName: "t"))
    var temperature: Float = 0.8

    @Option(help: .init("The same seed gives the same texts.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        help: .init(
            "Sequences that target and draft hold at once. (default: as many as there are clients)", valueName: "n"))
    var slots: Int?

    @Flag(help: "Print one JSON object instead of the table.")
    var json = false

    @Option(help: .init("Write machine, models, all runs and sums as JSON.", valueName: "file"))
    var output: String?

    @Option(help: .init("Draw tokens per second and time per token over the clients, as SVG.", valueName: "file"))
    var plot: String?

    @OptionGroup(title: "Models")
    var pair: PairOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    func validate() throws {
        try checkPositive(self.limit, "--limit")
        try checkRange(self.delay, "--delay", 0...60_000, "ms")
        try checkRange(self.seconds, "--seconds", 0.1...3600, "s")
        try checkRange(self.warmUp, "--warm-up", 0...3600, "s")
        try checkPositive(self.repetitions, "--repetitions")
        try checkPositive(self.maxTokens, "--max-tokens")
        try checkPositive(self.slots, "--slots")
        if let fault = Sampling(temperature: self.temperature).fault { throw ValidationError(fault) }
    }

    func run() async throws {
        let prompts = try CheckPrompt.read(self.prompts, limit: self.limit)
        for path in [self.output, self.plot].compactMap(\.self) { try OutputFile.check(path) }
        let logger = self.log.start(level: .error)
        let models = try self.pair.load(slots: self.slotCount, draft: true)
        let longPrompt = self.longPrompt ? try await LongPrompt(of: prompts.map(\.text), for: models.target) : nil
        let report = Mutex(self.emptyReport(models, prompts, longPrompt))
        let ending: Result<Ending<Void>, any Error>
        do {
            ending = .success(
                try await self.measure(models, prompts, longPrompt, logger) { run in
                    report.withLock { $0.runs.append(run) }
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
        if case .failure(let error) = ending, finished.runs.isEmpty { throw error }
        let data = try finished.encoded()
        Console.write((self.json ? String(decoding: data, as: UTF8.self) : LoadTable(report: finished).text) + "\n")
        if let output { try OutputFile.write(data, to: output) }
        if let plot { try OutputFile.write(LoadPlot(report: finished).svg, to: plot) }
        if case .interrupted(let signal) = try ending.get() { throw ExitCode(signal == .sigint ? 130 : 143) }
    }

    private func measure(
        _ models: ModelPair, _ prompts: [CheckPrompt], _ longPrompt: LongPrompt?, _ logger: Logger,
        record: @escaping @Sendable (LoadRun) -> Void
    ) async throws -> Ending<Void> {
        try await LinkedServices.with(models, clients: self.mostClients, logger) { clients, link in
            await link.set(delay: self.delay / 1000)
            let bench = LoadBench(
                prompts: prompts, rules: ([.off] + self.rules).uniqued(), clientCounts: self.clients,
                repetitions: self.repetitions, warmUp: .seconds(self.warmUp), window: .seconds(self.seconds),
                options: GenerationOptions(
                    maxTokens: self.maxTokens, temperature: self.temperature, seed: self.seed),
                longPrompt: longPrompt, clients: clients)
            let progress = Progress(total: bench.count, of: "crowds")
            defer { progress.end() }
            return try await untilInterrupted {
                try await bench.run { run in
                    record(run)
                    progress.advance()
                }
            }
        }
    }

    /// Of the largest crowd, and the one that sends long prompts.
    private var mostClients: Int { (self.clients.max() ?? 1) + (self.longPrompt ? 1 : 0) }

    private var slotCount: Int { self.slots ?? self.mostClients }

    private static func parseClients(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let number = Int(part), (1...1024).contains(number) else {
                throw ValidationError("\"\(part)\" is no number of clients from 1 to 1024: write --clients 1,4,16")
            }
            return number
        }.uniqued()
    }

    private func emptyReport(
        _ models: ModelPair, _ prompts: [CheckPrompt], _ longPrompt: LongPrompt?
    ) -> LoadReport {
        LoadReport(
            date: Date(), commandLine: CommandLine.arguments, machine: .current,
            target: .init(models.target.description, file: self.pair.model, threads: self.pair.targetThreads),
            draft: .init(models.draft!.description, file: self.pair.draft, threads: self.pair.draftThreads),
            plan: .init(
                slots: self.slotCount, delayMs: self.delay, isExact: self.pair.exact, maxTokens: self.maxTokens,
                temperature: self.temperature, seed: self.seed, repetitions: self.repetitions, warmUp: self.warmUp,
                window: self.seconds, longPromptTokens: longPrompt?.tokens),
            prompts: prompts.map { .init(place: $0.place, domain: $0.domain) })
    }
}
