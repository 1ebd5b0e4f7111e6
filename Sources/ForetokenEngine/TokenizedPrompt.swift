public import Speculation

/// A prompt as the model reads it.
public struct TokenizedPrompt: Equatable, Sendable {
    /// At least one.
    public var tokens: [Token]
    /// Strings that end the answer, besides those asked for.
    public var stop: [String]

    public init(tokens: [Token], stop: [String] = []) {
        self.tokens = tokens
        self.stop = stop
    }
}
