/// Stops behind the first token whose predicted acceptance is below a threshold: DISCO (arXiv 2405.04304).
///
/// After each token `AcceptanceNetwork` decides whether to draft on. It is trained on recorded texts, and the threshold
/// tuned on a part of them that it was not trained on; `foretoken-bench train classifier` does both. Ours: the token that
/// stops drafting is still sent, and the cap of 20.
public struct ClassifierLookahead: Lookahead {
    public let threshold: Float
    public let cap: Int
    private let network: AcceptanceNetwork

    /// As tuned for the shipped network.
    public static let threshold = AcceptanceNetwork.shippedThreshold
    public static let cap = 20

    public init(
        threshold: Float = Self.threshold, cap: Int = Self.cap, network: AcceptanceNetwork = .shipped
    ) {
        self.threshold = threshold
        self.cap = cap
        self.network = network
    }

    public func wantsMore(after drafted: [DraftedToken]) -> Bool {
        guard drafted.count < self.cap else { return false }
        guard let last = drafted.last else { return true }
        return self.network.probability(of: last, index: drafted.count - 1) >= Double(self.threshold)
    }
}
