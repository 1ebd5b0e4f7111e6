/// All that a sequence needs of its request before its first pass.
public struct PreparedPrompt: Sendable {
    /// At least one.
    public var tokens: [Token]
    /// The strings asked for, and those that end an answer of this model.
    public var stop: StopStrings

    public init(tokens: [Token], stop: StopStrings) {
        self.tokens = tokens
        self.stop = stop
    }
}
