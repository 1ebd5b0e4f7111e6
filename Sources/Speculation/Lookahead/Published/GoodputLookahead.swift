/// The number of tokens with most expected tokens for its measured round time: goodput as in TurboSpec (Liu et al.,
/// arXiv 2406.14066) and vLLM.
///
/// Expected tokens are 1 and the products of the running acceptances by position. There the time is that of a pass at
/// the present batch, modelled as a line; ours is the line through the round times that the draft sees, network
/// included, over the number of tokens, and its first rounds carry 1, 4, 8 and 2 tokens to have one. There 0 is a
/// choice too; here it is not, because a draft that sends nothing learns nothing from its rounds any more.
public struct GoodputLookahead: Lookahead {
    public private(set) var count = Self.first[0]
    private var positions = [Position](repeating: Position(), count: Self.counts.upperBound)
    private var rounds = 0
    // Sums for the line of seconds over tokens.
    private var (weight, x, xx, y, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)

    public static let counts = 1...20
    private static let first = [1, 4, 8, 2]
    /// Weight of a round one round later.
    private static let memory = 0.98

    /// Accepted of judged tokens at a place in the block, from a weak prior.
    private struct Position {
        var (accepted, judged) = (1.4, 2.0)
    }

    public init() {}

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        drafted.count < self.count
    }

    public mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) {
        guard !drafted.isEmpty, seconds.isFinite, seconds > 0 else { return }
        for index in 0..<min(accepted + 1, drafted.count, self.positions.count) {
            let position = self.positions[index]
            self.positions[index].accepted = position.accepted * Self.memory + (index < accepted ? 1 : 0)
            self.positions[index].judged = position.judged * Self.memory + 1
        }
        let x = Double(drafted.count)
        self.weight = self.weight * Self.memory + 1
        self.x = self.x * Self.memory + x
        self.xx = self.xx * Self.memory + x * x
        self.y = self.y * Self.memory + seconds
        self.xy = self.xy * Self.memory + x * seconds
        self.rounds += 1
        self.count = self.rounds < Self.first.count ? Self.first[self.rounds] : self.best
    }

    private var best: Int {
        // The mean time of a round, and that of one token more. While the numbers hardly differ, they tell nothing of
        // the slope, which is between nothing and the whole time.
        let (meanX, meanY) = (self.x / self.weight, self.y / self.weight)
        let spread = self.xx / self.weight - meanX * meanX + 0.01
        let slope = min(max((self.xy / self.weight - meanX * meanY) / spread, 0), meanY / meanX)
        let start = max(meanY - slope * meanX, 0)
        var (expected, survival) = (1.0, 1.0)
        var best = (count: Self.counts.lowerBound, rate: 0.0)
        for count in Self.counts {
            survival *= self.positions[count - 1].accepted / self.positions[count - 1].judged
            expected += survival
            let rate = expected / (start + slope * Double(count))
            if rate > best.rate { best = (count, rate) }
        }
        return best.count
    }
}
