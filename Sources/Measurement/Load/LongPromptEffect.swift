public import Speculation

/// What long prompts do to the sequences that run beside them.
public struct LongPromptEffect: Codable, Equatable, Sendable {
    public var clients: Int
    public var rule: String
    /// Between passes that brought a client tokens, without long prompts.
    public var gapWithout: Quantiles
    public var gapWith: Quantiles
    /// Of an ordinary pass, without long prompts: the median over texts; `nil` where no text ended.
    public var passSeconds: Seconds?
    /// How much later the next token comes at p95: the one p95 less the other.
    public var delay: Seconds
    /// The delay in ordinary passes.
    public var delayInPasses: Double?
    /// From sending a long prompt to the token behind it.
    public var longPrompt: Quantiles?

    /// One for each rule and number of clients that was measured both with and without.
    static func effects(of cells: [LoadCell]) -> [Self] {
        cells.compactMap { cell in
            guard cell.hasLongPrompts, let with = cell.gap,
                let plain = cells.first(where: {
                    !$0.hasLongPrompts && $0.clients == cell.clients && $0.rule == cell.rule
                }), let without = plain.gap
            else { return nil }
            let delay = with.p95 - without.p95
            return Self(
                clients: cell.clients, rule: cell.rule, gapWithout: without, gapWith: with,
                passSeconds: plain.passSeconds, delay: delay, delayInPasses: plain.passSeconds.map { delay / $0 },
                longPrompt: cell.longPrompt)
        }
    }
}
