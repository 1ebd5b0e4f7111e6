public import Speculation

/// So many clients at once under one rule, measured once through a window of time in which all of them were busy.
public struct LoadRun: Codable, Equatable, Sendable {
    public var clients: Int
    /// As users write it, such as `fixed:4`.
    public var rule: String
    /// From 0.
    public var repetition: Int
    /// Whether one more client sent long prompts, one after the other.
    public var hasLongPrompts: Bool
    /// Length of the window.
    public var seconds: Seconds
    /// Tokens that came to all clients within the window.
    public var tokens: Int
    /// Time per token of texts, behind their first token.
    public var timePerToken: Quantiles?
    /// Time per token of clients, all that each waited for counted: the window by the tokens of the client. Its ends
    /// lie far apart where a client starves.
    public var clientTimePerToken: Quantiles?
    /// From asking to the first token, of texts asked for within the window.
    public var firstToken: Quantiles?
    /// Between passes that brought a client tokens.
    public var gap: Quantiles?
    /// Median over finished texts of their mean pass; `nil` where there is none.
    public var passSeconds: Seconds?
    /// Texts that were begun.
    public var texts: Int
    public var differentTexts: Int
    /// Texts that ended; what follows is counted over them.
    public var finishedTexts: Int
    public var finishedTokens: Int
    public var targetPasses: Int
    public var rounds: Int
    public var draftTokens: Int
    public var acceptedTokens: Int
    /// From sending a long prompt to the token behind it.
    public var longPrompt: Quantiles?

    /// - Parameters:
    ///   - window: from when every client had tokens to when they were stopped, on the clock of the texts.
    ///   - longPrompts: what each long prompt took; `nil` where none were sent.
    public init(
        clients: Int, rule: String, repetition: Int, window: ClosedRange<Seconds>, texts: [LoadText],
        longPrompts: [Seconds]? = nil
    ) {
        let seconds = window.upperBound - window.lowerBound
        var tokens = Array(repeating: 0, count: clients)
        for text in texts { tokens[text.client] += text.tokens(in: window) }
        self.clients = clients
        self.rule = rule
        self.repetition = repetition
        self.hasLongPrompts = longPrompts != nil
        self.seconds = seconds
        self.tokens = tokens.reduce(0, +)
        self.timePerToken = Quantiles(texts.compactMap { $0.secondsPerToken(in: window) })
        self.clientTimePerToken = Quantiles(tokens.map { seconds / Double(max(1, $0)) })
        self.firstToken = Quantiles(texts.compactMap { $0.firstTokenSeconds(in: window) })
        self.gap = Quantiles(texts.flatMap { $0.gaps(in: window) })
        self.texts = texts.count
        self.differentTexts = texts.count { $0.isDifferent }

        let finished = texts.compactMap(\.counters)
        self.passSeconds = median(finished.map(\.meanPassSeconds).filter { $0 > 0 })
        self.finishedTexts = finished.count
        self.finishedTokens = finished.reduce(0) { $0 + $1.tokens }
        self.targetPasses = finished.reduce(0) { $0 + $1.targetPasses }
        self.rounds = finished.reduce(0) { $0 + $1.rounds }
        self.draftTokens = finished.reduce(0) { $0 + $1.draftTokens }
        self.acceptedTokens = finished.reduce(0) { $0 + $1.acceptedTokens }
        self.longPrompt = Quantiles(longPrompts ?? [])
    }
}
