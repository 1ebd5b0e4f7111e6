/// One fixed number of tokens for each round, chosen by the lower confidence bound of its time per token: UCB-SpecStop
/// (arXiv 2606.20591).
///
/// For each number n from 1 to 20: the sum of its round times over the sum of the tokens committed in them, minus
/// beta sqrt(T ln t) / tokens, with T its rounds among t of all. The least wins; numbers never tried come first, in
/// order. The paper's beta is a time; ours is a fraction of the mean round time, so that the rule has no unit.
public struct BanditLookahead: Lookahead {
    public private(set) var count = 1
    private var arms = [Arm](repeating: Arm(), count: Self.counts.count)
    private var rounds = 0
    private var seconds: Seconds = 0

    public static let counts = 1...20
    /// Width of the confidence bound, in mean round times.
    private static let width = 0.5

    private struct Arm {
        var rounds = 0
        var seconds: Seconds = 0
        var tokens = 0
    }

    public init() {}

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        drafted.count < self.count
    }

    public mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) {
        // A block cut short by the end of the text counts for the number it had.
        guard Self.counts.contains(drafted.count), seconds.isFinite, seconds >= 0 else { return }
        self.rounds += 1
        self.seconds += seconds
        let index = drafted.count - Self.counts.lowerBound
        self.arms[index].rounds += 1
        self.arms[index].seconds += seconds
        // With the target's own token.
        self.arms[index].tokens += accepted + 1
        if let untried = self.arms.firstIndex(where: { $0.rounds == 0 }) {
            // Where the text always ends sooner, the number cannot be tried.
            if drafted.count < self.count { return }
            self.count = untried + Self.counts.lowerBound
            return
        }
        let beta = Self.width * self.seconds / Double(self.rounds)
        let log = naturalLogarithm(Double(self.rounds))
        let bounds = self.arms.map { arm in
            (arm.seconds - beta * (Double(arm.rounds) * log).squareRoot()) / Double(arm.tokens)
        }
        self.count = bounds.indices.min { bounds[$0] < bounds[$1] }! + Self.counts.lowerBound
    }
}
