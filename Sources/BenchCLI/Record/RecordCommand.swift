import ArgumentParser
import CommandSupport
import ForetokenEngine
import ForetokenModels
import ForetokenServices
import ForetokenWire
import Foundation
import Simulation
import Speculation

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record what a draft guesses along a target's own texts.",
        discussion: """
            Lets the target continue each prompt alone, asks the draft at each position for its guess, and writes both \
            to a trace: one file in JSON lines, which `foretoken-bench simulate` replays under any rule, delay and cost, \
            and from which `foretoken-bench train classifier` learns. A trace says nothing of time: `foretoken-bench costs` \
            measures that.

            EXAMPLES:
              foretoken-bench record --prompts prose.jsonl --prompts swift.jsonl \\
                  --output trace.jsonl
              foretoken-bench record --prompts prose.jsonl --temperature 0 \\
                  --max-tokens 256 --output greedy.jsonl
            """)

    @Option(help: .init("Prompts, one JSON object a line; repeatable.", valueName: "file"))
    var prompts: [String]

    @Option(help: .init("The trace to write.", valueName: "file"))
    var output: String

    @Option(help: .init("Tokens of each text.", valueName: "n"))
    var maxTokens = 128

    @Option(help: .init("0 takes the most probable token; above 0 samples.", valueName: "t"))
    var temperature: Float = 0.8

    @Option(
        parsing: .unconditional, help: .init("Seed of the sampled texts.", valueName: "n"),
        transform: NumberOption.seed)
    var seed: UInt64 = 1

    @Option(help: .init("Tokens to draft behind each wrong guess.", valueName: "n"))
    var beyond = 24

    @Option(help: .init("Only the first n prompts.", valueName: "n"))
    var limit: Int?

    @OptionGroup(title: "Models")
    var pair: PairOptions

    func validate() throws {
        try checkPositive(self.limit, "--limit")
        try checkPositive(self.beyond, "--beyond")
        if self.maxTokens < 2 { throw ValidationError("--max-tokens \(self.maxTokens) leaves nothing to draft") }
        if let fault = Sampling(temperature: self.temperature).fault { throw ValidationError(fault) }
    }

    func run() async throws {
        let prompts = try CheckPrompt.read(self.prompts, limit: self.limit)
        let target = try self.pair.target(slots: 1).load(bundled: BundledModels.target)
        let draft = try self.pair.draft(slots: 1).load(bundled: BundledModels.draft)
        try checkVocabularies(
            draft: (draft.description, draft.vocabulary), target: (target.description, target.vocabulary))
        let recorder = TraceRecorder(
            target: target, draft: draft, sampling: Sampling(temperature: self.temperature, seed: self.seed),
            beyond: self.beyond)
        let file = try OutputFile(self.output)
        let ending = try await untilInterrupted { try await self.record(prompts, recorder, to: file) }
        guard case .finished(let counts) = ending else { throw ExitCode(130) }
        guard counts.texts > 0 else {
            throw CommandError(
                .badData, "the target ends each text at once, so there is nothing to record: take other prompts")
        }
        try file.close()
        let rates = counts.domains.sorted { $0.key < $1.key }.map { domain, tally in
            "\(domain.isEmpty ? "" : "\(domain) ")\((Double(tally.right) / Double(tally.tokens) * 100).text(1)) %"
        }
        Console.write(
            """
            \(self.output): \(count(counts.texts, "text")), \(counts.tokens) tokens
            acceptance of a drafted token: \(rates.joined(separator: ", "))

            """)
    }

    private struct Counts {
        var texts = 0
        /// Tokens of the target, and those that the draft guessed behind the ones before.
        var domains: [String: (tokens: Int, right: Int)] = [:]

        var tokens: Int { self.domains.values.reduce(0) { $0 + $1.tokens } }

        mutating func add(_ text: Trace.Text) {
            self.texts += 1
            self.domains[text.domain, default: (0, 0)].tokens += text.tokens.count
            self.domains[text.domain, default: (0, 0)].right += text.tokens.indices.count { text.isRight($0) }
        }
    }

    private func record(
        _ prompts: [CheckPrompt], _ recorder: TraceRecorder, to file: OutputFile
    ) async throws -> Counts {
        let progress = ProgressBar(total: prompts.count, of: "texts")
        defer { progress.end() }
        var counts = Counts()
        try file.write(Trace.line(recorder.header))
        for prompt in prompts {
            try Task.checkCancellation()
            do {
                if let text = try await recorder.record(prompt, most: self.maxTokens) {
                    try file.write(Trace.line(text))
                    counts.add(text)
                }
            } catch let error as ModelError {
                throw CommandError(.badData, "\(prompt.place): \(error)")
            }
            progress.advance()
        }
        try file.write(Trace.lastLine(texts: counts.texts))
        return counts
    }
}
