/// The same number of tokens in every block (Leviathan, Kalman, Matias, arXiv 2211.17192).
public struct FixedLookahead: Lookahead {
    public let count: Int

    public init(_ count: Int) {
        self.count = count
    }

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        drafted.count < self.count
    }
}
