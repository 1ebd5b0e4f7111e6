import CommandSupport
import Foretoken
import Measurement
import Speculation
import Synchronization

/// Writes the sample texts, one at a time: each prompt with the target alone, under rules that always draft, and as the
/// coordinator would.
///
/// Rules that always draft measure a draft even where the coordinator leaves it out, and passes of several widths. All
/// take turns in an order that rotates, so that slow changes of the machines meet all alike.
final class SampleRun: Sendable {
    enum Arm: CaseIterable, Sendable {
        case alone, short, long, own

        /// As a request names it; empty: as the coordinator finds best.
        var lookahead: String {
            switch self {
            case .alone: LookaheadRule.off.description
            case .short: LookaheadRule.fixed(2).description
            case .long: LookaheadRule.fixed(8).description
            case .own: ""
            }
        }

        var alwaysDrafts: Bool { self == .short || self == .long }
    }

    private struct Sample: Sendable {
        var arm: Arm
        var prompt: Int
        var text: TimedText
    }

    private let prompts: [CheckPrompt]
    private let options: GenerationOptions
    private let samples = Mutex<[Sample]>([])
    /// What the coordinator told, after each prompt.
    private let told = Mutex<[Deployment]>([])

    init(prompts: [CheckPrompt], options: GenerationOptions) {
        self.prompts = prompts
        self.options = options
    }

    /// Texts that are written at most.
    var count: Int { self.prompts.count * Arm.allCases.count + Self.tries }

    /// Texts until a draft has had a part in one: it may be greeting the target still.
    private static let tries = 3

    /// - Parameter advance: called with how many texts are done.
    func run(_ client: ForetokenClient, advance: @Sendable (Int) -> Void) async throws {
        for attempt in 0..<Self.tries {
            let text = try await self.write(self.prompts[0], .short, client)
            guard text.statistics.rounds == 0 else {
                advance(Self.tries - attempt)
                break
            }
            advance(1)
        }
        for (index, prompt) in self.prompts.enumerated() {
            for place in Arm.allCases.indices {
                let arm = Arm.allCases[(place + index) % Arm.allCases.count]
                let text = try await self.write(prompt, arm, client)
                self.samples.withLock { $0.append(Sample(arm: arm, prompt: index, text: text)) }
                advance(1)
            }
            let description = try await client.describe()
            self.told.withLock { $0.append(description) }
        }
    }

    var descriptions: [Deployment] { self.told.withLock { $0 } }

    private func write(_ prompt: CheckPrompt, _ arm: Arm, _ client: ForetokenClient) async throws -> TimedText {
        var options = self.options
        options.lookahead = arm.lookahead
        do {
            return try await TimedText(.text(prompt.text), options: options, by: client)
        } catch {
            guard error.code != .cancelled else { throw error }
            throw CommandError(ExitStatus(error.code), "\(prompt.place): \(error)")
        }
    }

    /// What the texts came to that have been written so far.
    var figures: SampleFigures {
        let samples = self.samples.withLock { $0 }
        func work(_ arm: Arm, _ prompt: Int? = nil) -> PairedBootstrap.Work {
            let texts = samples.filter { $0.arm == arm && $0.prompt == prompt ?? $0.prompt }.map(\.text)
            return PairedBootstrap.Work(
                tokens: Double(texts.reduce(0) { $0 + $1.decodedTokens }),
                seconds: texts.reduce(0) { $0 + $1.decodingSeconds })
        }
        var figures = SampleFigures()
        figures.texts = samples.count
        let alone = work(.alone)
        figures.aloneTokensPerSecond = alone.seconds > 0 ? alone.tokens / alone.seconds : 0
        let pairs = self.prompts.indices.map { (arm: work(.own, $0), reference: work(.alone, $0)) }
        if let compared = PairedBootstrap(pairs.filter { $0.arm.tokens > 0 && $0.reference.tokens > 0 }) {
            (figures.ratio, figures.interval) = (compared.ratio, compared.interval())
        }
        let drafted = samples.filter { $0.arm.alwaysDrafts }.map(\.text)
        figures.judgedTokens = drafted.reduce(0) { $0 + $1.statistics.judgedTokens }
        figures.acceptedTokens = drafted.reduce(0) { $0 + $1.statistics.acceptedTokens }
        let carried = drafted.filter { $0.statistics.rounds > 0 }
        let tokens = carried.reduce(0) { $0 + $1.tokens.count }
        if tokens > 0 {
            figures.bytesPerToken = Double(carried.reduce(0) { $0 + $1.statistics.linkBytes }) / Double(tokens)
        }
        return figures
    }
}
