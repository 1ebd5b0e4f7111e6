import ArgumentParser
import CommandSupport
import Foretoken
import Speculation
import Synchronization
import UnixSignals

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check that speculation does not change the text.",
        discussion: """
            Generates from each prompt with the target alone, then under each rule, and compares token by token. Of a \
            target that is exact every difference is a bug. Otherwise a pass of another width may round two tokens of \
            nearly the same score the other way: such a near-tie is told apart from a bug by the scores of both runs, \
            which are printed, and by how far passes of this target were measured to lie apart when it was loaded.

            Ends with exit code 1 when there is a bug.

            EXAMPLES:
              foretoken check --prompts prompts.jsonl
              foretoken check --prompts a.jsonl --rules fixed:4,heuristic --seeds 1 \\
                  --limit 5
              foretoken check --prompts a.jsonl --connect tcp://127.0.0.1:7000 --json

            A line of a prompts file, in which the domain may be left out:
              {"prompt": "import Foundation", "domain": "swift"}
            """)

    @Option(help: .init("Prompts, one JSON object a line; repeatable.", valueName: "file"))
    var prompts: [String]

    @Option(
        help: .init("Rules to check, in commas.", valueName: "rules"),
        transform: { try [LookaheadRule](argument: $0) })
    var rules: [LookaheadRule] = [
        .off, .fixed(1), .fixed(4), .fixed(8), .heuristic, .confidence(threshold: 0.4, cap: 20),
    ]

    @Option(help: .init("For sampled texts, besides the greedy ones; 0: greedy only.", valueName: "t"))
    var temperature: Float = 0.8

    @Option(
        parsing: .unconditional,
        help: .init("Seeds of the sampled texts, in commas. (default: 1,2,3)", valueName: "seeds"),
        transform: { try Self.parseSeeds($0) })
    var seeds: [UInt64] = [1, 2, 3]

    @Option(help: .init("New tokens of each text.", valueName: "n"))
    var maxTokens = 128

    @Option(help: .init("Only the first n prompts.", valueName: "n"))
    var limit: Int?

    @Option(
        help: .init(
            """
            Change of the difference of two logits that rounding may explain. (default: three times what the target \
            measured when it was loaded; 0 where it is exact)
            """, valueName: "logits"))
    var tolerance: Float?

    @Option(help: .init("Texts side by side; more share passes, and so check that too.", valueName: "n"))
    var concurrency = 1

    @Flag(help: "Print one JSON object instead of the table.")
    var json = false

    @OptionGroup(title: "Services")
    var client: ClientOptions

    @OptionGroup(title: "Models in this process")
    var pair: PairOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    func validate() throws {
        try checkPositive(self.maxTokens, "--max-tokens")
        try checkPositive(self.limit, "--limit")
        try checkPositive(self.concurrency, "--concurrency")
        if let fault = Sampling(temperature: self.temperature).fault { throw ValidationError(fault) }
        if let tolerance, !(tolerance >= 0) { throw ValidationError("--tolerance \(tolerance) is negative") }
    }

    func run() async throws {
        let prompts = try CheckPrompt.read(self.prompts, limit: self.limit)
        let logger = self.log.start(level: .warning)
        let texts = prompts.flatMap { prompt in self.samplings.map { CheckText(prompt: prompt, options: $0) } }
        let report = Mutex(CheckReport(rules: self.rules, texts: texts.count))
        let ending = try await self.client.withClient(
            logger: logger,
            pair: { () throws(CommandError) -> ModelPair in
                try self.pair.load(slots: self.concurrency, draft: true, measuringSeconds: 300)
            }
        ) { client in
            let tolerance = try await self.tolerance(of: client)
            let progress = ProgressBar(total: texts.count * (self.rules.count + 1), of: "texts")
            defer { progress.end() }
            return try await untilInterrupted {
                try await self.check(texts, tolerance, client, progress) { text, outcome in
                    let found = report.withLock { report in
                        report.add(outcome, of: text)
                        return "\(count(report.nearTies, "near-tie")), \(count(report.bugs, "bug"))"
                    }
                    guard let divergence = outcome.divergence else { return }
                    progress.note(found)
                    if !self.json { progress.interrupt { Console.write(divergence.text(text, outcome.rule) + "\n") } }
                }
            }
        }
        let result = report.withLock { $0 }
        Console.write((self.json ? result.json.text : result.table) + "\n")
        for rule in result.idleRules {
            Console.warning("rule \(rule) never drafted a token: its texts prove nothing; is a draft there?")
        }
        if case .interrupted = ending { Console.warning("interrupted: this is what was checked until then") }
        if result.bugs > 0 { throw ExitCode(1) }
        if case .interrupted(let signal) = ending { throw ExitCode(signal == .sigint ? 130 : 143) }
    }

    /// Asks the targets how they round, and says so.
    private func tolerance(of client: ForetokenClient) async throws -> Float {
        let roundings = try await client.describe().targets.filter(\.isReachable).map(\.rounding)
        if !self.json {
            for rounding in roundings.compactMap({ $0 }) {
                Console.note("The target is " + RoundingText(rounding).text)
            }
        }
        if let tolerance { return tolerance }
        let measured = roundings.compactMap { $0?.tolerance }
        guard let most = measured.max(), measured.count == roundings.count
        else {
            Console.warning(
                "not every target has measured how it rounds; tolerance \(Self.assumed) is assumed (--tolerance)")
            return Self.assumed
        }
        return most
    }

    private static let assumed: Float = 0.05

    private var samplings: [GenerationOptions] {
        let greedy = GenerationOptions(maxTokens: self.maxTokens, scores: true)
        guard self.temperature > 0 else { return [greedy] }
        return [greedy]
            + self.seeds.map {
                GenerationOptions(maxTokens: self.maxTokens, temperature: self.temperature, seed: $0, scores: true)
            }
    }

    /// Works on several texts at once, each with the rules one after the other.
    ///
    /// - Parameter found: called with what comes of each text under each rule.
    private func check(
        _ texts: [CheckText], _ tolerance: Float, _ client: ForetokenClient, _ progress: ProgressBar,
        found: @escaping @Sendable (CheckText, CheckText.Outcome) -> Void
    ) async throws {
        let rules = self.rules
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, text) in texts.enumerated() {
                if number >= self.concurrency { try await group.next() }
                group.addTask {
                    try await text.check(
                        rules, tolerance: tolerance, with: client, advance: { progress.advance() },
                        found: { found(text, $0) })
                }
            }
            // Unlike `waitForAll`, this ends with the first text that fails.
            while try await group.next() != nil {}
        }
    }

    private static func parseSeeds(_ text: String) throws -> [UInt64] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map {
            try NumberOption.seed(String($0))
        }
    }
}
