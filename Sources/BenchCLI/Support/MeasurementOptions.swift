import ArgumentParser
import CommandSupport
import Foretoken
import ForetokenEngine
import Foundation
import Logging
import Measurement
import Speculation
import Synchronization
import UnixSignals

/// What every live measurement is told, and how it tells what it finds.
struct MeasurementOptions: ParsableArguments {
    @Option(help: .init("Prompts, one JSON object a line; repeatable.", valueName: "file"))
    var prompts: [String]

    @Option(help: .init("Only the first n prompts.", valueName: "n"))
    var limit: Int?

    @Option(help: .init("How often all is measured.", valueName: "n"))
    var repetitions = 3

    @Option(help: .init("New tokens of each text.", valueName: "n"))
    var maxTokens = 128

    @Option(help: .init("0 takes the most probable token, and texts tend to repeat themselves.", valueName: "t"))
    var temperature: Float = 0.8

    @Option(
        parsing: .unconditional, help: .init("The same seed gives the same texts.", valueName: "n"),
        transform: NumberOption.seed)
    var seed: UInt64 = 1

    @Option(
        help: .init(
            "Write machine, models, all that was measured and its sums as JSON; deploy/bench/plots draws them.",
            valueName: "file"))
    var output: String?

    @OptionGroup(title: "Models")
    var pair: PairOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    func validate() throws {
        try checkPositive(self.limit, "--limit")
        try checkPositive(self.repetitions, "--repetitions")
        try checkPositive(self.maxTokens, "--max-tokens")
        if let fault = Sampling(temperature: self.temperature).fault { throw ValidationError(fault) }
    }

    var generation: GenerationOptions {
        GenerationOptions(maxTokens: self.maxTokens, temperature: self.temperature, seed: self.seed)
    }

    func target(_ models: ModelPair) -> MeasuredModel {
        let model = models.target.description
        return MeasuredModel(
            name: model.name, file: self.pair.model, parameters: model.parameters,
            threads: model.execution?.threads ?? 0)
    }

    func draft(_ models: ModelPair) -> MeasuredModel {
        let model = models.draft!.description
        return MeasuredModel(
            name: model.name, file: self.pair.draft, parameters: model.parameters,
            threads: model.execution?.threads ?? 0)
    }

    /// Reads the prompts, and makes sure that what comes of them can be written.
    func begin() throws -> (prompts: [CheckPrompt], logger: Logger) {
        let prompts = try CheckPrompt.read(self.prompts, limit: self.limit)
        if let output { try OutputFile.check(output) }
        return (prompts, self.log.start(level: .error))
    }

    /// Measures, and tells what was found: to the end, or until Ctrl-C, or until something fails.
    ///
    /// - Throws: what `measure` throws; `ExitCode` where it was interrupted.
    func report<Report: MeasurementReport>(
        _ empty: Report, text: (Report) throws -> String,
        measure: (Record<Report.Sample>) async throws -> Interruptible<Void>
    ) async throws {
        let samples = Mutex<[Report.Sample]>([])
        let ending: Result<Interruptible<Void>, any Error>
        do {
            ending = .success(try await measure(Record { sample in samples.withLock { $0.append(sample) } }))
        } catch {
            ending = .failure(error)
        }
        let isComplete = if case .success(.finished) = ending { true } else { false }
        var report = empty
        report.samples = samples.withLock(\.self)
        report.summarize(isComplete: isComplete)
        // What was measured is there even when a text fails.
        if case .failure(let error) = ending, report.samples.isEmpty { throw error }
        Console.write(try text(report) + "\n")
        if let output { try OutputFile.write(try report.encoded(), to: output) }
        if case .interrupted(let signal) = try ending.get() { throw ExitCode(signal == .sigint ? 130 : 143) }
    }

    /// Where samples go as they are measured.
    struct Record<Sample: Sendable>: Sendable {
        let add: @Sendable (Sample) -> Void

        /// Runs what measures, and shows how far it is.
        func untilInterrupted(
            total: Int, of unit: String,
            _ run: @escaping @Sendable (_ record: @Sendable (Sample) -> Void) async throws -> Void
        ) async throws -> Interruptible<Void> {
            let progress = ProgressBar(total: total, of: unit)
            defer { progress.end() }
            return try await CommandSupport.untilInterrupted {
                try await run { sample in
                    self.add(sample)
                    progress.advance()
                }
            }
        }
    }
}

extension MeasuredPrompt {
    init(_ prompt: CheckPrompt) {
        self.init(place: prompt.place, domain: prompt.domain)
    }
}
