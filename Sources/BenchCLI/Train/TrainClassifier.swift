import ArgumentParser
import CommandSupport
import Foundation
import Simulation
import Speculation

struct TrainClassifier: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classifier",
        abstract: "Train the network of the rule `classifier`, and tune its threshold.",
        discussion: """
            Trains a network of two layers to predict from what a draft sees whether a token of it is accepted, on the \
            blocks of recorded texts. The texts of one prompt in five are kept apart: training ends when their loss \
            falls no more, and the threshold is the one under which they replay fastest at the given costs. Prints \
            how well the network predicts, next to the logistic model of the rule `marginal`, taught with the same tokens.

            It writes a Swift source: the rule has the network that the program is built with. To use one of your own, \
            write it over Sources/Speculation/Lookahead/AcceptanceNetwork+Shipped.swift, and build again.

            EXAMPLES:
              foretoken-bench record --prompts mine.jsonl --output sampled.jsonl
              foretoken-bench record --prompts mine.jsonl --temperature 0 \\
                  --output greedy.jsonl
              foretoken-bench train classifier --trace sampled.jsonl --trace greedy.jsonl \\
                  --output network.swift
              foretoken-bench train classifier --trace a.jsonl --test b.jsonl --costs costs.json \\
                  --delay 20 --output network.swift
            """)

    @Option(help: .init("A trace of `foretoken-bench record`; repeatable.", valueName: "file"))
    var trace: [String]

    @Option(help: .init("The Swift source to write.", valueName: "file"))
    var output: String

    @Option(help: .init("A trace to try the network on, not to train it; repeatable.", valueName: "file"))
    var test: [String] = []

    @Option(
        help: .init(
            "Costs of `foretoken-bench costs`, to tune for. (default: 10 ms a pass, 1 ms a draft token)",
            valueName: "file"))
    var costs: String?

    @Option(help: .init("One-way delay to tune for.", valueName: "ms"))
    var delay: Double = 0

    @Option(help: .init("Units of the hidden layer.", valueName: "n"))
    var units = 32

    @Option(
        parsing: .unconditional, help: .init("The same seed and traces give the same network.", valueName: "n"),
        transform: NumberOption.seed)
    var seed: UInt64 = 1

    func validate() throws {
        if !(0...60_000).contains(self.delay) { throw ValidationError("--delay \(self.delay) is not from 0 to 60000") }
        if !(1...1024).contains(self.units) { throw ValidationError("--units \(self.units) is not from 1 to 1024") }
    }

    func run() async throws {
        let costs = try self.costs.map { file throws(CommandError) in try InputFile.costs(file) } ?? Self.usualCosts
        let file = try OutputFile(self.output)
        let ending = try await untilInterrupted { try await self.train(costs) }
        guard case .finished(let source) = ending else { throw ExitCode(130) }
        try file.write(Data(source.utf8))
        try file.close()
    }

    /// A target of about 10 ms a pass whatever its rows, as on a GPU, and a draft ten times faster.
    private static var usualCosts: Costs {
        // Good costs.
        try! Costs(name: "usual", curve: [(rows: 1, seconds: 0.01)], draftToken: 0.001)
    }

    /// - Returns: the source.
    private func train(_ costs: Costs) async throws -> String {
        let data = try ClassifierData(traces: self.trace, tests: self.test, seed: self.seed)
        let report = ClassifierReport(data)
        Console.write(report.tokens)
        let network = try await self.train(data).rounded
        Console.write(report.scores(of: network))

        let tuning = data.validation.tuning(costs, delay: self.delay * 1e-3)
        let rates = try await self.rates(of: network, tuning)
        let best = rates.indices.max { rates[$0] < rates[$1] } ?? 0
        let threshold = ThresholdTuning.candidates[best]
        Console.write(report.rates(rates, costs: costs, delay: self.delay))
        return network.source(threshold: threshold, origin: report.origin(of: network, costs, delay: self.delay))
    }

    private func train(_ data: ClassifierData) async throws -> AcceptanceNetwork {
        var trainer = NetworkTrainer(
            training: data.training.tokens, validation: data.validation.tokens, units: self.units, seed: self.seed)
        let progress = ProgressBar(total: NetworkTrainer.mostEpochs, of: "epochs")
        defer { progress.end() }
        while !trainer.isOver {
            trainer.runEpoch()
            progress.note("loss \(trainer.bestLoss.text(4))")
            progress.advance()
            // Lets Ctrl-C be heard on one core too.
            await Task.yield()
            try Task.checkCancellation()
        }
        return trainer.best
    }

    private func rates(of network: AcceptanceNetwork, _ tuning: ThresholdTuning) async throws -> [Double] {
        let progress = ProgressBar(total: ThresholdTuning.candidates.count, of: "thresholds")
        defer { progress.end() }
        var rates: [Double] = []
        for threshold in ThresholdTuning.candidates {
            rates.append(tuning.rate(of: network, threshold: threshold))
            progress.advance()
            await Task.yield()
            try Task.checkCancellation()
        }
        return rates
    }
}
