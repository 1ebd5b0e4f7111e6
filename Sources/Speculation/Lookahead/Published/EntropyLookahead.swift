/// Stops when the entropy of the draft's distribution leaves too little hope: AdaEDL (Agrawal, Jeon, Lee,
/// arXiv 2410.18351); SVIP (arXiv 2411.18462) is kin.
///
/// 1 - sqrt(g H) is a lower bound of the acceptance of a token drawn from a distribution of entropy H (in nats), with
/// g = 0.2; drafting stops when it falls below a threshold. The threshold follows a wanted acceptance of 0.9, smoothed
/// as in Draft & Verify (Zhang et al., arXiv 2309.08168): it tends up by 0.01 while the smoothed acceptance rate is
/// below, and down otherwise. Ours: the token drawn from that distribution is still sent; the cap of 20; what is not a
/// number stops.
public struct EntropyLookahead: Lookahead {
    public private(set) var threshold: Float
    public let cap: Int
    private var acceptanceRate: Float = Self.wantedRate

    private static let factor: Float = 0.2
    private static let wantedRate: Float = 0.9
    private static let step: Float = 0.01
    /// Weights of what was before, in the smoothed rate and in the threshold.
    private static let rateMemory: Float = 0.5
    private static let thresholdMemory: Float = 0.9

    public init(threshold: Float, cap: Int = 20) {
        self.threshold = threshold
        self.cap = cap
    }

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        guard let last = drafted.last else { return self.cap > 0 }
        let bound = 1 - (Self.factor * last.entropy).squareRoot()
        return bound >= self.threshold && drafted.count < self.cap
    }

    public mutating func learn(accepted: Int, of drafted: [DraftedToken], seconds: Seconds) {
        guard !drafted.isEmpty else { return }
        let rate = Float(accepted) / Float(drafted.count)
        self.acceptanceRate = Self.rateMemory * self.acceptanceRate + (1 - Self.rateMemory) * rate
        let aim = self.threshold + (self.acceptanceRate < Self.wantedRate ? Self.step : -Self.step)
        let next = Self.thresholdMemory * self.threshold + (1 - Self.thresholdMemory) * aim
        self.threshold = min(max(next, 0), 1)
    }
}
