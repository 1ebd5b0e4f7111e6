public import Speculation

/// What a history is about.
public struct ChaosCampaign: Codable, Equatable, Sendable {
    public var seed: UInt64
    public var commandLine: [String]
    /// What is asked for, with what the target writes alone.
    public var texts: [ChaosText]

    public init(seed: UInt64, commandLine: [String], texts: [ChaosText]) {
        self.seed = seed
        self.commandLine = commandLine
        self.texts = texts
    }
}

/// A text that requests ask for.
public struct ChaosText: Codable, Equatable, Sendable {
    public var prompt: String
    public var maxTokens: Int
    public var temperature: Float
    public var seed: UInt64
    /// The text ends before the first of these.
    public var stop: [String]
    /// What the target writes alone.
    public var tokens: [Token]
    /// The characters of `tokens`, up to a stop string.
    public var text: String

    public init(
        prompt: String, maxTokens: Int, temperature: Float, seed: UInt64, stop: [String] = [], tokens: [Token] = [],
        text: String = ""
    ) {
        self.prompt = prompt
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.seed = seed
        self.stop = stop
        self.tokens = tokens
        self.text = text
    }
}
