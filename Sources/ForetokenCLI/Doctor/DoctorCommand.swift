import ArgumentParser
import CommandSupport
import Foretoken
import ForetokenWire
import Speculation
import UnixSignals

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tell whether drafting pays with these models, machines and distances, and why not.",
        discussion: """
            Has a coordinator write sample texts, one at a time: with the target alone, under rules that always draft, \
            and as it would by itself. From what that measures (time of a pass by its rows, time of a draft token, \
            round trip, acceptance) it predicts how many times as fast as the target alone a lone text is written, by \
            the same code that coordinators choose drafts by, and up to which round trip the draft pays. Where it does \
            not pay, it tells why, and what each change would bring.

            It also looks at what members tell of themselves: another vocabulary, more threads than cores that a \
            container's quota leaves, weights in small pages, models that cannot take tokens back.

            The prediction holds for one text at a time; foretoken loadtest --compare measures many at once.

            Give your own --prompts: acceptance depends on what is written. Without --connect the models in this \
            process are examined.

            Ends with exit code 0 whatever it finds, and with 75 where it could measure nothing that a prediction \
            needs, though a draft is there.

            EXAMPLES:
              foretoken doctor
              foretoken doctor --connect tcp://10.0.0.1:7000 --prompts my-prompts.jsonl
              foretoken doctor --model T.gguf --draft D.gguf --max-tokens 32 --json

            A line of a prompts file:
              {"prompt": "import Foundation"}
            """)

    @Option(
        help: .init("Prompts, one JSON object a line; repeatable. (default: six of several kinds)", valueName: "file"))
    var prompts: [String] = []

    @Option(help: .init("Only the first n prompts.", valueName: "n"))
    var limit: Int?

    @Option(help: .init("New tokens of each text.", valueName: "n"))
    var maxTokens = 64

    @Option(help: .init("0 takes the most probable token; above 0 samples.", valueName: "t"))
    var temperature: Float = 0

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup(title: "Services")
    var client: ClientOptions

    @OptionGroup(title: "Models in this process")
    var pair: PairOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    func validate() throws {
        try checkPositive(self.limit, "--limit")
        try checkRange(Double(self.maxTokens), "--max-tokens", 8...1_000_000, "tokens")
        if let fault = Sampling(temperature: self.temperature).fault { throw ValidationError(fault) }
    }

    func run() async throws {
        let prompts =
            self.prompts.isEmpty
            ? Array(SamplePrompts.all.prefix(self.limit ?? .max))
            : try CheckPrompt.read(self.prompts, limit: self.limit)
        let logger = self.log.start(level: .warning)
        let run = SampleRun(
            prompts: prompts,
            options: GenerationOptions(maxTokens: self.maxTokens, temperature: self.temperature, seed: 1))
        let (deployment, otherTexts, signal) = try await self.client.withClient(
            logger: logger,
            pair: { () throws(CommandError) -> ModelPair in try self.pair.load(slots: 1, draft: true) }
        ) { client in
            let before = try await client.describe().load.sequences
            let progress = ProgressBar(total: run.count, of: "texts")
            defer { progress.end() }
            let ending = try await untilInterrupted { try await run.run(client) { progress.advance(by: $0) } }
            let signal: UnixSignal? = if case .interrupted(let signal) = ending { signal } else { nil }
            // Heartbeats bring what was measured last.
            try await Task.sleep(for: .seconds(Peer.heartbeat))
            let after = try await client.describe()
            return (after, max(before, after.load.sequences), signal)
        }
        let diagnosis = Diagnosis(
            Examination(run.descriptions + [deployment], sample: run.figures, otherTexts: otherTexts))
        let address = self.client.connect ?? "in this process"
        Console.write(
            (self.json
                ? try DoctorObject(diagnosis, deployment, address: address).jsonText
                : DoctorReport(diagnosis, deployment, address: address).text) + "\n")
        if let signal { throw ExitCode(signal == .sigint ? 130 : 143) }
        if diagnosis.verdict == .notMeasured { throw ExitCode(ExitStatus.tryAgain.rawValue) }
    }
}
