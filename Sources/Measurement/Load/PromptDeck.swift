internal import Speculation

/// Prompts in an order that the seed shuffles, each once before any comes again.
public struct PromptDeck: Sendable {
    private let order: [Int]
    /// Whether prompts are used again when all have been.
    public let repeats: Bool

    public init(count: Int, seed: UInt64, repeats: Bool) {
        var random = SplitMix64(seed: seed)
        self.order = Array(0..<count).shuffled(using: &random)
        self.repeats = repeats
    }

    public var count: Int { self.order.count }

    /// - Parameter position: from 0, in the order of use.
    /// - Returns: the prompt and how often it has been used; `nil` when all are used up.
    func draw(_ position: Int) -> (prompt: Int, round: Int)? {
        guard self.repeats || position < self.order.count else { return nil }
        return (self.order[position % self.order.count], position / self.order.count)
    }
}
