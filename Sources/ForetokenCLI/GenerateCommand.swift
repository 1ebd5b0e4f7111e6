import ArgumentParser
import CommandSupport
import Foretoken
import Foundation
import Speculation
import UnixSignals

struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Continue a text, or answer a message.",
        discussion: """
            Streams the text to standard output as it comes, and ends with a line of statistics on standard error. \
            Without --connect, target, draft and coordinator run in this process.

            EXAMPLES:
              foretoken generate "def fibonacci(n):"
              foretoken generate --color --temperature 0.8 --seed 1 "The kernel"
              foretoken generate --file Sources/main.swift --max-tokens 64 --stop $'\\n\\n'
              git diff | foretoken generate - --json
              foretoken generate --chat --system "Answer in one line." "What is a monad?"
              foretoken generate --json --logprobs 3 "The kernel"
              foretoken generate --connect tcp://10.0.0.5:7000 --lookahead fixed:4 "import"
            """)

    @Argument(help: "The text to continue; - reads it from standard input.")
    var prompt: String?

    @Option(help: .init("Read the text to continue from a file.", valueName: "path"))
    var file: String?

    @OptionGroup(title: "Text")
    var sampling: SamplingOptions

    @Flag(
        help: """
            Take the prompt as the message of a user, and answer it: by the model's own chat template, or as a plain \
            transcript where it has none.
            """)
    var chat = false

    @Option(help: .init("What the model is to keep to; with --chat.", valueName: "text"))
    var system: String?

    @Flag(help: "Print one JSON object at the end instead of text and statistics.")
    var json = false

    @Option(
        help: .init(
            "Tell the log-probability of each token and of the n most probable ones, 0 to 20; with --json.",
            valueName: "n"))
    var logprobs: Int?

    @Flag(help: "Show how each token came about: accepted, recovered, bonus, plain.")
    var color = false

    @Option(help: .init("Give up when the whole text is not there by then.", valueName: "seconds"))
    var timeout: Double?

    @OptionGroup(title: "Services")
    var client: ClientOptions

    @OptionGroup(title: "Models in this process")
    var pair: PairOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    func validate() throws {
        if self.prompt != nil && self.file != nil { throw ValidationError("give either a prompt or --file, not both") }
        if self.prompt == nil && self.file == nil {
            throw ValidationError("there is no prompt: write it behind generate, or use --file or -")
        }
        if let timeout, !(timeout > 0 && timeout <= 1e6) {
            throw ValidationError("--timeout \(timeout) is not above 0 and at most 1000000 seconds")
        }
        if self.system != nil && !self.chat { throw ValidationError("--system goes with --chat") }
        if let logprobs {
            guard self.json else { throw ValidationError("--logprobs goes with --json") }
            guard (0...20).contains(logprobs) else { throw ValidationError("--logprobs \(logprobs) is not 0 to 20") }
        }
        if self.json && self.color { throw ValidationError("--json and --color exclude each other") }
    }

    func run() async throws {
        let text = try self.readPrompt()
        let prompt = self.chat ? Prompt.chat((self.system.map { [.system($0)] } ?? []) + [.user(text)]) : .text(text)
        let logger = self.log.start(level: .warning)
        let output = TextOutput(color: self.color, isSilent: self.json)
        let interrupted = try await self.client.withClient(
            logger: logger,
            pair: { () throws(CommandError) -> ModelPair in
                try self.pair.load(slots: 1, draft: self.sampling.lookahead != .off)
            }
        ) { client in try await self.generate(prompt, client, output) }
        if let interrupted { throw ExitCode(interrupted == .sigint ? 130 : 143) }
    }

    /// - Returns: the signal that ended it, if one did.
    private func generate(
        _ prompt: Prompt, _ client: ForetokenClient, _ output: TextOutput
    ) async throws -> UnixSignal? {
        var options = self.sampling.options
        options.logProbabilities = self.logprobs
        let timeout = self.timeout.map { Duration.seconds($0) }
        let generation = try await client.generate(prompt, options: options, timeout: timeout)
        defer { output.end() }
        let ending = try await untilInterrupted {
            for try await piece in generation { output.add(piece) }
        }
        output.end()
        let signal: UnixSignal? = if case .interrupted(let signal) = ending { signal } else { nil }
        let report = StatisticsReport(generation.statistics)
        if self.json {
            let reason = signal == nil ? generation.finishReason?.rawValue ?? "" : "cancelled"
            Console.write(output.json(finishReason: reason, report).text + "\n")
        } else {
            if self.color { Console.writeError(TextOutput.legend + "\n") }
            let line = report.line + (signal == nil ? "" : ", interrupted")
            Console.writeError(Console.paint(line, .dim) + "\n")
        }
        return signal
    }

    private func readPrompt() throws(CommandError) -> String {
        let bytes: Data
        if let file {
            guard FileManager.default.fileExists(atPath: file) else {
                throw CommandError(.missingFile, "no prompt file at \(file)")
            }
            guard let content = FileManager.default.contents(atPath: file) else {
                throw CommandError(.missingFile, "the prompt file \(file) cannot be read")
            }
            bytes = content
        } else if self.prompt == "-" {
            bytes = FileHandle.standardInput.readDataToEndOfFile()
        } else {
            bytes = Data((self.prompt ?? "").utf8)
        }
        guard let text = String(data: bytes, encoding: .utf8) else {
            throw CommandError(.badData, "the prompt is not UTF-8 text")
        }
        guard !text.isEmpty else {
            throw CommandError(.badData, "the prompt is empty: give at least one character")
        }
        return text
    }
}
