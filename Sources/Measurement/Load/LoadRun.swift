/// So many clients at once under one rule, measured once.
public struct LoadRun: Codable, Equatable, Sendable {
    public var clients: Int
    /// As users write it, such as `fixed:4`.
    public var rule: String
    /// From 0.
    public var repetition: Int
    /// Whether one more client sent long prompts, one after the other.
    public var hasLongPrompts: Bool
    public var figures: LoadFigures
    /// Texts that came to their end; and those of them that are not what the target writes alone.
    public var comparedTexts: Int
    public var differentTexts: Int
    /// From sending a long prompt to the token behind it.
    public var longPrompt: Latencies?

    public init(
        clients: Int, rule: String, repetition: Int, hasLongPrompts: Bool, figures: LoadFigures, comparedTexts: Int,
        differentTexts: Int, longPrompt: Latencies?
    ) {
        self.clients = clients
        self.rule = rule
        self.repetition = repetition
        self.hasLongPrompts = hasLongPrompts
        self.figures = figures
        self.comparedTexts = comparedTexts
        self.differentTexts = differentTexts
        self.longPrompt = longPrompt
    }
}
