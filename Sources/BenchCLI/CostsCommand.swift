import ArgumentParser
import CommandSupport
import ForetokenEngine
import Foundation
import Measurement
import Roles
import Simulation
import Speculation

struct CostsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "costs",
        abstract: "Measure what passes and draft tokens cost here.",
        discussion: """
            Times the target's pass over its number of rows, and the draft's token, choices included: medians of \
            repetitions in turns. The file it writes is what `foretoken-bench simulate --costs` reads. Let nothing else run \
            meanwhile.

            With --slots the passes are timed once more with that many slots in use and rows shared out among them: where \
            slots share their memory, a row pays for what the others hold. `foretoken-bench simulate --fleet` counts on it.

            EXAMPLES:
              foretoken-bench costs --output costs.json
              foretoken-bench costs --model wide.gguf --threads 3 --output wide.json
              foretoken-bench costs --slots 16 --cells 128 --rows 96 --output many.json
            """)

    @Option(help: .init("The file to write; otherwise standard output.", valueName: "file"))
    var output: String?

    @Option(help: "What to call these costs.")
    var name = "here"

    @Option(help: .init("Rows of the longest pass.", valueName: "n"))
    var rows = 33

    @Option(help: .init("Time passes with that many slots in use too. (default: with one slot only)", valueName: "n"))
    var slots: Int?

    @Option(
        help: .init(
            "Tokens that each slot holds. (default: 128 with --slots; otherwise a few)", valueName: "n"))
    var cells: Int?

    @Option(help: .init("How often each measurement is made.", valueName: "n"))
    var repetitions = 25

    @Option(help: .init("What else a round costs, as `foretoken-bench protocol` says.", valueName: "ms"))
    var overhead: Double = 0

    @OptionGroup(title: "Models")
    var pair: PairOptions

    func validate() throws {
        if !(2...256).contains(self.rows) { throw ValidationError("--rows \(self.rows) is not from 2 to 256") }
        try checkRange(self.slots.map(Double.init), "--slots", 2...256, "")
        try checkPositive(self.cells, "--cells")
        try checkPositive(self.repetitions, "--repetitions")
        try checkRange(self.overhead, "--overhead", 0...60_000, "ms")
    }

    /// The beginning of the text that the target continues.
    private static let prompt = "The kernel reads the file, and then the program that was started by the user calls"

    func run() async throws {
        if let output { try OutputFile.check(output) }
        let models = try self.pair.loadSideBySide(slots: self.slots ?? 1)
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
        let held = max(prompt.count, self.cells ?? (self.slots == nil ? 0 : 128))
        guard held + self.rows <= target.description.contextLength else {
            throw CommandError(
                .usage,
                "a slot holds \(target.description.contextLength) tokens, but is to hold \(held) and a pass of "
                    + "\(self.rows) rows: take fewer --cells or --rows, or a longer --context")
        }
        let passes = Passes(
            target: target, sampler: sampler, held: held,
            text: try await self.write(target, prompt, sampler, count: held + self.rows))
        let progress = ProgressBar(
            total: self.repetitions * (self.slots == nil ? 1 : 2), of: "repetitions")
        defer { progress.end() }

        var drafting: [Seconds] = []
        let curve = try await self.curve(passes, over: 1, progress) {
            // The first fills the slot, or feeds one token again.
            let job = DraftOrder(position: 0, feed: prompt, lookahead: FixedLookahead(1), most: 1)
            _ = try await draft.draft(job, slot: 0, sampler: sampler)
            let next = DraftOrder(
                position: prompt.count, feed: [passes.text[prompt.count]], lookahead: FixedLookahead(16), most: 16)
            let outcome = try await draft.draft(next, slot: 0, sampler: sampler)
            drafting.append(outcome.seconds / Double(max(1, outcome.tokens.count)))
        }
        var crowd: Costs.Crowd?
        if let slots = self.slots {
            for slot in 1..<slots { try await passes.fill(slot) }
            crowd = Costs.Crowd(
                cells: (slots - 1) * held, curve: try await self.curve(passes, over: slots, progress) {})
        }
        do {
            return try Costs(
                name: self.name, curve: curve, crowd: crowd, draftToken: median(drafting) ?? 0,
                overhead: self.overhead * 1e-3)
        } catch {
            throw CommandError(.usage, error.description)
        }
    }

    private static let counts =
        Array(1...10) + [12, 16, 17, 20, 24, 32, 33, 48, 64, 65, 80, 96, 128, 160, 192, 224, 256]

    /// Times passes over their rows, in turns.
    private func curve(
        _ passes: Passes, over slots: Int, _ progress: ProgressBar, beside body: () async throws -> Void
    ) async throws -> Costs.Curve {
        let counts = Self.counts.filter { $0 <= self.rows }
        var seconds = [[Seconds]](repeating: [], count: counts.count)
        for _ in 0..<self.repetitions {
            try Task.checkCancellation()
            for (index, rows) in counts.enumerated() {
                seconds[index].append(try await passes.run(rows, over: slots))
            }
            try await body()
            progress.advance()
        }
        return zip(counts, seconds).map { (rows: $0, seconds: median($1) ?? 0) }
    }

    /// The prompt and what the target writes alone behind it, so that passes accept what they are given.
    private func write(
        _ target: TargetEngine, _ prompt: [Token], _ sampler: Sampler, count: Int
    ) async throws -> [Token] {
        var text = prompt
        while text.count < count {
            let position = text.count == prompt.count ? 0 : text.count - 1
            let pass = TargetSequence.Pass(position: position, feed: Array(text[position...]), candidates: [])
            let walk = try await target.run([PassEntry(slot: 0, pass: pass, sampler: sampler)]).walks[0]!
            text.append(walk.choices.last!.token)
        }
        return text
    }
}

/// Passes of a target whose slots all hold the beginning of the same text.
private struct Passes {
    let target: TargetEngine
    let sampler: Sampler
    /// Tokens that a slot holds before a pass.
    let held: Int
    let text: [Token]

    /// Lets a slot hold what it is to hold; copied tokens would lie in the memory of another.
    func fill(_ slot: Int) async throws {
        for begin in stride(from: 0, to: self.held, by: StepPlanner.usualPiece) {
            try Task.checkCancellation()
            let feed = Array(self.text[begin..<min(begin + StepPlanner.usualPiece, self.held)])
            let pass = TargetSequence.Pass(position: begin, feed: feed, candidates: [], chooses: false)
            _ = try await self.target.run([PassEntry(slot: slot, pass: pass, sampler: self.sampler)])
        }
    }

    /// Runs a pass of rows that are shared out evenly among slots.
    func run(_ rows: Int, over slots: Int) async throws -> Seconds {
        let entries = (0..<min(rows, slots)).map { slot in
            let end = self.held + rows / slots + (slot < rows % slots ? 1 : 0)
            let pass = TargetSequence.Pass(
                position: self.held, feed: [self.text[self.held]], candidates: self.text[self.held + 1..<end])
            return PassEntry(slot: slot, pass: pass, sampler: self.sampler)
        }
        return try await self.target.run(entries).seconds
    }
}
