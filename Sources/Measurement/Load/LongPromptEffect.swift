public import Speculation

/// What long prompts do to the sequences that run at the same time.
public struct LongPromptEffect: Codable, Equatable, Sendable {
    public var clients: Int
    public var rule: String
    /// Inter-token time without long prompts, and beside them.
    public var gapWithout: Latencies
    public var gapWith: Latencies
    /// Time of an ordinary pass, without long prompts: the median over texts; `nil` where no text came to its end.
    public var passSeconds: Seconds?
    /// How much later the next token comes at p95: the one p95 less the other.
    public var delay: Seconds
    /// The delay in ordinary passes.
    public var delayInPasses: Double?
    /// From sending a long prompt to the token behind it.
    public var longPrompt: Latencies?

    /// One for each rule and number of clients that was measured both with and without.
    static func effects(of cells: [LoadCell]) -> [Self] {
        cells.compactMap { cell in
            guard cell.hasLongPrompts, let with = cell.interToken,
                let plain = cells.first(where: {
                    !$0.hasLongPrompts && $0.clients == cell.clients && $0.rule == cell.rule
                }), let without = plain.interToken
            else { return nil }
            let delay = with.p95 - without.p95
            return Self(
                clients: cell.clients, rule: cell.rule, gapWithout: without, gapWith: with,
                passSeconds: plain.passSeconds, delay: delay, delayInPasses: plain.passSeconds.map { delay / $0 },
                longPrompt: cell.longPrompt)
        }
    }
}
