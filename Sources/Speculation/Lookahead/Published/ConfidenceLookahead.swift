/// Stops behind the first token whose draft probability is below a threshold; that token is still sent. Dynamic
/// speculation as in Hugging Face Transformers since 4.45, there with threshold 0.4 and cap 20.
public struct ConfidenceLookahead: Lookahead {
    public let threshold: Float
    public let cap: Int

    public init(threshold: Float = 0.4, cap: Int = 20) {
        self.threshold = threshold
        self.cap = cap
    }

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        guard let last = drafted.last else { return self.cap > 0 }
        return last.probability >= self.threshold && drafted.count < self.cap
    }
}
