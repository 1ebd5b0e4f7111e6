import ArgumentParser
import ForetokenBench
import ForetokenEngine
import Foundation
import Speculation

struct BenchCosts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "costs",
        abstract: "Measure what passes and draft tokens cost here.",
        discussion: """
            Times the target's pass over its number of rows, and the draft's token, choices included: medians of \
            repetitions in turns. The file it writes is what `foretoken simulate --costs` reads. Let nothing else run \
            meanwhile.

            EXAMPLES:
              foretoken bench costs --output costs.json
              foretoken bench costs --model wide.gguf --threads 3 --output wide.json
            """)

    @Option(help: .init("The file to write; otherwise standard output.", valueName: "file"))
    var output: String?

    @Option(help: "What to call these costs.")
    var name = "here"

    @Option(help: .init("Rows of the longest pass.", valueName: "n"))
    var rows = 33

    @Option(help: .init("Of each measurement.", valueName: "n"))
    var repetitions = 25

    @Option(help: .init("What a round costs beside, as `foretoken bench protocol` says.", valueName: "ms"))
    var overhead: Double = 0

    @OptionGroup(title: "Models")
    var pair: PairOptions

    func validate() throws {
        if !(2...65).contains(self.rows) { throw ValidationError("--rows \(self.rows) is not from 2 to 65") }
        try checkPositive(self.repetitions, "--repetitions")
        try checkRange(self.overhead, "--overhead", 0...60_000, "ms")
    }

    /// Of which the target's own text is continued.
    private static let prompt = "The kernel reads the file, and then the program that was started by the user calls"

    func run() async throws {
        if let output { try OutputFile.check(output) }
        let models = try self.pair.load(slots: 1, draft: true)
        let ending = try await untilInterrupted { try await self.measure(models.target, models.draft!) }
        guard case .finished(let costs) = ending else { throw ExitCode(130) }
        if let output {
            try OutputFile.write(costs.data, to: output)
        } else {
            Console.write(String(decoding: costs.data, as: UTF8.self))
        }
    }

    private func measure(_ target: TargetEngine, _ draft: DraftEngine) async throws -> Costs {
        let sampler = Sampler(Sampling(temperature: 0.8, seed: 1))
        let prompt = try await target.tokenize(Self.prompt)
        let text = try await self.write(target, prompt, sampler)
        let counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 17, 20, 24, 32, 33, 48, 64, 65].filter { $0 <= self.rows }
        let progress = Progress(total: self.repetitions, of: "repetitions")
        defer { progress.end() }
        var passes = [[Seconds]](repeating: [], count: counts.count)
        var drafting: [Seconds] = []
        for _ in 0..<self.repetitions {
            try Task.checkCancellation()
            for (index, rows) in counts.enumerated() {
                let pass = TargetSequence.Pass(
                    position: prompt.count, feed: [text[0]], candidates: text[1..<rows])
                passes[index].append(
                    try await target.run([TargetEngine.Entry(slot: 0, pass: pass, sampler: sampler)]).seconds)
            }
            let lookahead = FixedLookahead(16)
            // The first fills the slot, or feeds one token again.
            let job = Mirror.Job(position: 0, feed: prompt, lookahead: FixedLookahead(1), most: 1)
            _ = try await draft.draft(job, slot: 0, sampler: sampler)
            let next = Mirror.Job(position: prompt.count, feed: [text[0]], lookahead: lookahead, most: 16)
            let outcome = try await draft.draft(next, slot: 0, sampler: sampler)
            drafting.append(outcome.seconds / Double(max(1, outcome.tokens.count)))
            progress.advance()
        }
        let curve = zip(counts, passes).map { (rows: $0, seconds: median($1) ?? 0) }
        do {
            return try Costs(
                name: self.name, curve: curve, draftToken: median(drafting) ?? 0, overhead: self.overhead * 1e-3)
        } catch {
            throw CommandError(.usage, error.description)
        }
    }

    /// What the target writes alone, so that passes accept what they are given.
    private func write(_ target: TargetEngine, _ prompt: [Token], _ sampler: Sampler) async throws -> [Token] {
        var text: [Token] = []
        var pass = TargetSequence.Pass(position: 0, feed: prompt, candidates: [])
        while text.count < self.rows {
            let walk = try await target.run([TargetEngine.Entry(slot: 0, pass: pass, sampler: sampler)]).walks[0]!
            text.append(walk.choices.last!.token)
            pass = TargetSequence.Pass(
                position: prompt.count + text.count - 1, feed: [text.last!], candidates: [])
        }
        return text
    }
}
