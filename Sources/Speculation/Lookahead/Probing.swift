/// When to try a block although none seems worth its price: what tries may cost is earned by what is committed.
public struct Probing: Equatable, Sendable {
    /// In tokens.
    private var budget = Self.first

    /// At the beginning, when little is known.
    private static let first = 8.0
    /// Share of a token that each round earns: after the first tries, all further ones together cost less than a hundredth of the tokens.
    private static let share = 1.0 / 150

    public init() {}

    /// Counts a round, which brings a token at least.
    mutating func earn() {
        self.budget += Self.share
    }

    /// - Parameter loss: by a probe, in tokens.
    /// - Returns: whether to try a block; it is paid for then.
    mutating func affords(loss: Double) -> Bool {
        let loss = loss.isFinite ? max(loss, Self.share) : 64
        // Nothing is saved for worse times.
        self.budget = min(self.budget, max(Self.first, loss))
        guard self.budget >= loss else { return false }
        self.budget -= loss
        return true
    }
}
