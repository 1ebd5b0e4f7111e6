/// When to try a block although none is worth its price: ever more seldom, and never so often that it costs much.
public struct Probing: Equatable, Sendable {
    private var waited = 0
    private var gap = 1

    public init() {}

    /// Takes a round without a block.
    ///
    /// - Parameter cost: of a probe, in tokens.
    /// - Returns: whether to try a block instead.
    mutating func isDue(cost: Double) -> Bool {
        self.waited += 1
        guard self.waited >= self.gap else { return false }
        self.waited = 0
        // A probe every hundred times its own cost loses a hundredth.
        let most = max(64, cost.isFinite ? 100 * min(max(cost, 0), 1000) : 64)
        self.gap = min(self.gap * 2, Int(most))
        return true
    }

    /// Blocks are worth it again.
    mutating func end() {
        self = Probing()
    }
}
