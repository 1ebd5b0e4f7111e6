/// Gumbel noise for every token at one position: a pure function of seed, position and token, so that draft and target
/// add the same without exchanging it.
///
/// The token of largest `log-probability + noise` is a draw from the distribution, and two models that share the noise
/// draw the same token with probability at least (1 - TV) / (1 + TV), TV being the total variation distance of their
/// distributions (Daliri, Musco, Suresh, "Coupling without Communication and Drafter-Invariant Speculative Decoding",
/// arXiv 2408.07978).
public struct GumbelNoise: Sendable {
    private let base: UInt64

    public init(seed: UInt64, position: Int) {
        self.base = mixed(mixed(seed) &+ (UInt64(truncatingIfNeeded: position) &+ 1) &* 0x9e37_79b9_7f4a_7c15)
    }

    /// The noise of a token: standard Gumbel, at most about 36.8.
    public func value(of token: Token) -> Double {
        -naturalLogarithm(-naturalLogarithm(self.uniform(token)))
    }

    /// Never less than `value(of:)`, and far cheaper: from -log(u) >= 1 - u and the leading zero bits of 1 - u.
    func upperBound(of token: Token) -> Float {
        Float((~self.bits(token)).leadingZeroBitCount &+ 1) * 0.693_148
    }

    /// In (0, 1), both ends excluded.
    private func uniform(_ token: Token) -> Double {
        // 2^-53 (k + 1/2) for k of 53 bits; the top value rounds to 1, so keep it one step below.
        min((Double(self.bits(token) &>> 11) + 0.5) * 0x1p-53, 1 - 0x1p-53)
    }

    private func bits(_ token: Token) -> UInt64 {
        mixed(self.base ^ (UInt64(token) &+ 1) &* 0xd1b5_4a32_d192_ed03)
    }
}
