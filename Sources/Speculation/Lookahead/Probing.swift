/// When to try a block although none seems worth its price: ever more seldom, and never so often that it costs much.
public struct Probing: Equatable, Sendable {
    private var waited = 0
    private var gap = 1

    public init() {}

    /// Takes a round without a block.
    ///
    /// - Parameter loss: by a probe, in tokens, where a round without a block brings one.
    /// - Returns: whether to try a block instead.
    mutating func isDue(loss: Double) -> Bool {
        self.waited += 1
        // Once in 150 times the loss costs less than a hundredth of the tokens.
        let most = loss.isFinite ? Int(150 * min(max(loss, 0.05), 1000)) : 64
        guard self.waited >= min(self.gap, most) else { return false }
        self.waited = 0
        self.gap = min(self.gap * 2, most)
        return true
    }

    /// Takes a round in which a block is worth it: should it be the last, probes begin somewhat closer again.
    mutating func relax() {
        self.waited = 0
        self.gap = max(1, self.gap / 2)
    }
}
