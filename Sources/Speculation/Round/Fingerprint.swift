/// A 64-bit digest of a run of tokens from the beginning of a sequence.
///
/// Equal fingerprints at equal positions mean equal tokens, but for a chance of 2^-64. It guards against
/// loss and disorder, not against a forger.
public struct Fingerprint: Hashable, Sendable {
    public var value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    /// The fingerprint of no tokens.
    public static let empty = Fingerprint(0x666f_7265_746f_6b65)

    /// The fingerprint of the same tokens and one more.
    public func appending(_ token: Token) -> Fingerprint {
        Fingerprint(mixed(self.value &+ (UInt64(token) &+ 1) &* 0x9e37_79b9_7f4a_7c15))
    }

    public func appending(_ tokens: some Sequence<Token>) -> Fingerprint {
        tokens.reduce(self) { $0.appending($1) }
    }
}
