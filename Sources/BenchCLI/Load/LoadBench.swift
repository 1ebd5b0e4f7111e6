import CommandSupport
import Foretoken
import Measurement
import Speculation

/// Measures every rule under every load: crowds of clients, rules in turns.
///
/// For each repetition and number of clients all rules take their turn, in an order that rotates, so that slow changes
/// of the machine meet all alike. Every crowd begins with the first prompt.
struct LoadBench: Sendable {
    let prompts: [CheckPrompt]
    /// With `off` among them.
    let rules: [LookaheadRule]
    let clientCounts: [Int]
    let repetitions: Int
    let warmUp: Duration
    let window: Duration
    let options: GenerationOptions
    /// Measures all once more beside long prompts, where there is one.
    let longPrompt: LongPrompt?
    /// As many as the largest crowd has, and one more for long prompts.
    let clients: [ForetokenClient]

    var count: Int {
        self.repetitions * self.clientCounts.count * self.rules.count * (self.longPrompt == nil ? 1 : 2)
    }

    /// - Parameter record: called after each crowd.
    func run(record: @Sendable (LoadRun) -> Void) async throws {
        var alone = TextsAlone(bench: self)
        for repetition in 0..<self.repetitions {
            for (index, count) in self.clientCounts.enumerated() {
                for rule in self.rules.rotated(by: index + repetition) {
                    for longPrompt in self.longPrompt == nil ? [nil] : [nil, self.longPrompt] {
                        let crowd = Crowd(
                            clients: Array(self.clients.prefix(count)), prompts: self.prompts, options: self.options,
                            warmUp: self.warmUp, window: self.window)
                        let result = try await crowd.run(rule, sender: longPrompt.map { (self.clients.last!, $0) })
                        record(
                            LoadRun(
                                clients: count, rule: rule.description, repetition: repetition, window: result.window,
                                texts: try await alone.compare(result.texts),
                                longPrompts: longPrompt.map { _ in result.longPromptSeconds }))
                    }
                }
            }
        }
    }
}

/// What the target writes alone, generated when it is first asked for.
private struct TextsAlone {
    let bench: LoadBench
    private var texts: [Crowd.Order: [UInt32]] = [:]

    init(bench: LoadBench) {
        self.bench = bench
    }

    /// Marks the texts that do not begin as the target's own, or end before it.
    mutating func compare(_ texts: [Crowd.Text]) async throws -> [LoadText] {
        var compared: [LoadText] = []
        for text in texts {
            let alone = try await self.text(text.order)
            var seen = text.seen
            let isWhole = seen.counters != nil
            seen.isDifferent = isWhole ? text.tokens != alone : !alone.starts(with: text.tokens)
            compared.append(seen)
        }
        return compared
    }

    private mutating func text(_ order: Crowd.Order) async throws -> [UInt32] {
        if let text = self.texts[order] { return text }
        var options = self.bench.options
        (options.seed, options.lookahead) = (order.seed, LookaheadRule.off.description)
        let prompt = self.bench.prompts[order.prompt]
        do {
            let text = try await self.bench.clients[0].complete(prompt.text, options: options).tokens
            self.texts[order] = text
            return text
        } catch {
            guard error.code != .cancelled else { throw error }
            throw CommandError(ExitStatus(error.code), "\(prompt.place), the target alone: \(error)")
        }
    }
}
