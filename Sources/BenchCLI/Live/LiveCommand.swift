import ArgumentParser
import CommandSupport
import Foundation
import Measurement
import Speculation

struct LiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Measure rules over distances: real services, every rule at every delay.",
        discussion: """
            Starts target, draft and coordinator in this process, over TCP, with an emulated link between draft and \
            target, and generates each prompt under every rule at every delay, one text at a time. Rules take turns, \
            so that what else the machine does meets all alike; off, the target alone, is always among them.

            Beside them stand the colocated arms, which need no network: both models in one process, called in turn, \
            the target with all cores.

            Rates are of decoding, behind the first pass. A ratio is of sums, with a bootstrap interval over prompts. \
            Every text is compared with that of the target alone.

            EXAMPLES:
              foretoken-bench live --prompts prompts.jsonl --output live.json
              foretoken-bench live --prompts a.jsonl --limit 10 --rules marginal,fixed:4 \\
                  --delays 0,20 --model T.gguf --draft D.gguf --threads 3
            """)

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

    @OptionGroup
    var measurement: MeasurementOptions

    func validate() throws {
        try checkPositive(self.colocatedThreads, "--colocated-threads")
    }

    func run() async throws {
        let (prompts, logger) = try self.measurement.begin()
        let models = try self.measurement.pair.loadSideBySide(slots: 1)
        try await self.measurement.report(
            self.emptyReport(models, prompts), text: { LiveTable(report: $0).text }
        ) { record in
            try await LinkedServices.with(models, logger) { clients, link in
                let bench = LiveBench(
                    prompts: prompts, rules: ([.off] + self.rules).uniqued(), delays: self.delays,
                    lookaheads: self.colocated, repetitions: self.measurement.repetitions,
                    options: self.measurement.generation, client: clients[0], link: link,
                    colocated: try self.loadColocated())
                return try await record.untilInterrupted(total: bench.count, of: "texts", bench.run)
            }
        }
    }

    private var threadsColocated: Int {
        self.colocatedThreads ?? self.measurement.pair.target(slots: 1).threads
            + self.measurement.pair.draft(slots: 1).threads
    }

    private func loadColocated() throws(CommandError) -> Colocated? {
        guard !self.colocated.isEmpty else { return nil }
        return try Colocated(
            target: self.measurement.pair.target(slots: 1, threads: self.threadsColocated),
            draft: self.measurement.pair.draft(slots: 1))
    }
}

// MARK: What goes in and out

extension LiveCommand {
    private static func parseLookaheads(_ text: String) throws -> [Int] {
        guard text != "none" else { return [] }
        var lookaheads: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let lookahead = Int(part), (0...LookaheadRule.mostTokens).contains(lookahead) else {
                throw ValidationError(
                    "\"\(part)\" is not a lookahead of 0 to \(LookaheadRule.mostTokens): write --colocated 1,2,4 or none"
                )
            }
            if !lookaheads.contains(lookahead) { lookaheads.append(lookahead) }
        }
        return lookaheads
    }

    private func emptyReport(_ models: ModelPair, _ prompts: [CheckPrompt]) -> LiveReport {
        LiveReport(
            date: Date(), commandLine: CommandLine.arguments, machine: .current,
            target: self.measurement.target(models), draft: self.measurement.draft(models),
            colocatedThreads: self.threadsColocated, isExact: models.isExact, maxTokens: self.measurement.maxTokens,
            temperature: self.measurement.temperature, seed: self.measurement.seed,
            repetitions: self.measurement.repetitions, prompts: prompts.map(MeasuredPrompt.init))
    }
}
