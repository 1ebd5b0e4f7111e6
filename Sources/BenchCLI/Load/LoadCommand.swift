import ArgumentParser
import CommandSupport
import Foundation
import LinkEmulator
import Measurement
import Speculation

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Measure rules under load: many clients at once.",
        discussion: """
            Starts target, draft and coordinator in this process, over TCP, with an emulated link between draft and \
            target. So many clients at once generate one text after the other, under every rule in turns and with the \
            same prompts; off, the target alone, is always among them. It loads and counts as foretoken loadtest does: \
            rates over --seconds after --warm-up, times of the texts that were asked for then, which may end later. So that \
            clients are not all at their prompts at once, their first texts are of all lengths; a warm-up as long as a text \
            takes lets that come to bear.

            Told are tokens per second of all clients, time per token of texts and of clients (a client that starves \
            shows there), and time to the first token. Every text is compared with that of the target alone.

            With --long-prompt all is measured twice: by itself, and beside one more client that sends prompts which \
            fill most of a slot, one after the other. Told is how much later the others get their next token.

            To measure a server that runs already, from outside, there is foretoken loadtest.

            EXAMPLES:
              foretoken-bench load --prompts prompts.jsonl --output load.json
              foretoken-bench load --prompts a.jsonl --clients 1,8 --rules marginal \\
                  --seconds 5
              foretoken-bench load --prompts a.jsonl --clients 8 --long-prompt \\
                  --model T.gguf --draft D.gguf
            """)

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

    @Option(help: .init("Time to count, for each rule and number of clients.", valueName: "s"))
    var seconds: Double = 10

    @Option(help: .init("Time before, that is not counted.", valueName: "s"))
    var warmUp: Double = 1

    @Flag(help: "Measure all once more beside long prompts.")
    var longPrompt = false

    @Option(
        help: .init(
            "Sequences that target and draft hold at once. (default: as many as there are clients)", valueName: "n"))
    var slots: Int?

    @Flag(help: "Print one JSON object instead of the table.")
    var json = false

    @OptionGroup
    var measurement: MeasurementOptions

    func validate() throws {
        try checkRange(self.delay, "--delay", 0...60_000, "ms")
        try checkRange(self.seconds, "--seconds", 0.1...3600, "s")
        try checkRange(self.warmUp, "--warm-up", 0...3600, "s")
        try checkPositive(self.slots, "--slots")
    }

    func run() async throws {
        let (prompts, logger) = try self.measurement.begin()
        // A draft that is away has cores of its own.
        let models =
            self.delay > 0
            ? try self.measurement.pair.loadSideBySide(slots: self.slotCount)
            : try self.measurement.pair.load(slots: self.slotCount, draft: true)
        let longPrompt = self.longPrompt ? try await LongPrompt(of: prompts.map(\.text), for: models.target) : nil
        try await self.measurement.report(
            self.emptyReport(models, prompts, longPrompt), text: self.text
        ) { record in
            try await LinkedServices.with(models, clients: 2, logger) { clients, link in
                await link.set(delay: self.delay / 1000)
                let bench = LoadBench(
                    prompts: prompts, rules: ([.off] + self.rules).uniqued(), clientCounts: self.clients,
                    repetitions: self.measurement.repetitions, warmUp: self.warmUp, window: self.seconds,
                    options: self.measurement.generation, longPrompt: longPrompt, client: clients[0],
                    longPromptClient: clients[1])
                return try await record.untilInterrupted(total: bench.count, of: "crowds", bench.run)
            }
        }
    }

    private func text(of report: LoadReport) throws -> String {
        self.json ? String(decoding: try report.encoded(), as: UTF8.self) : LoadTable(report: report).text
    }

    /// Clients of the largest crowd, and the one that sends long prompts.
    private var mostClients: Int { (self.clients.max() ?? 1) + (self.longPrompt ? 1 : 0) }

    private var slotCount: Int { self.slots ?? self.mostClients }

    private static func parseClients(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let number = Int(part), (1...1024).contains(number) else {
                throw ValidationError("\"\(part)\" is not a number of clients from 1 to 1024: write --clients 1,4,16")
            }
            return number
        }.uniqued()
    }

    private func emptyReport(
        _ models: ModelPair, _ prompts: [CheckPrompt], _ longPrompt: LongPrompt?
    ) -> LoadReport {
        LoadReport(
            date: Date(), commandLine: CommandLine.arguments, machine: .current,
            target: self.measurement.target(models), draft: self.measurement.draft(models),
            plan: .init(
                slots: self.slotCount, delayMs: self.delay, isExact: models.isExact,
                maxTokens: self.measurement.maxTokens, temperature: self.measurement.temperature,
                seed: self.measurement.seed, repetitions: self.measurement.repetitions, warmUp: self.warmUp,
                window: self.seconds, longPromptTokens: longPrompt?.tokens),
            prompts: prompts.map(MeasuredPrompt.init))
    }
}
