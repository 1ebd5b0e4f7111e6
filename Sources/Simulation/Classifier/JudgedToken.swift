public import Speculation

/// A drafted token whose fate is known, at an index of its block.
public struct JudgedToken: Equatable, Sendable {
    public var token: DraftedToken
    public var index: Int
    public var accepted: Bool

    public init(token: DraftedToken, index: Int, accepted: Bool) {
        self.token = token
        self.index = index
        self.accepted = accepted
    }
}

extension Trace.Text {
    /// Tells which tokens would be judged if a draft always sent whole blocks, each behind the verdict on the one
    /// before: those of a block up to and with the first rejected one. Each token is judged once, so that long runs
    /// count no more than they do live.
    ///
    /// - Parameter most: tokens of a block at most.
    public func judgedTokens(most: Int) -> [JudgedToken] {
        let runs = self.runs
        var judged: [JudgedToken] = []
        // The prefill's pass chooses the first token, and the target adds one of its own to every block.
        var position = 1
        while position < self.tokens.count {
            for index in 0..<min(runs[position] + 1, most, self.tokens.count - 1 - position) {
                judged.append(
                    JudgedToken(
                        token: self.drafted[position + index], index: index, accepted: index < runs[position]))
            }
            position += min(runs[position], most) + 1
        }
        return judged
    }
}

extension [Trace.Text] {
    /// Parts texts for training from those for validation, about one in five; the texts of one prompt stay together.
    ///
    /// - Returns: none for validation where there are fewer than two prompts.
    public func split(seed: UInt64) -> (training: Self, validation: Self) {
        var random = SplitMix64(seed: seed)
        var prompts: [String] = []
        for text in self where !prompts.contains(text.prompt) { prompts.append(text.prompt) }
        prompts.shuffle(using: &random)
        let count = prompts.count > 1 ? Swift.max(1, prompts.count / 5) : 0
        let chosen = Set(prompts.prefix(count))
        return (self.filter { !chosen.contains($0.prompt) }, self.filter { chosen.contains($0.prompt) })
    }
}
