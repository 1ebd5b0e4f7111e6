/// From where on a text may end with an end-of-generation token, and whether it ends there at all.
///
/// A pure function of position and token that target and draft share, so a text stays the same whatever is drafted. The
/// words are vLLM's: `min_tokens` and `ignore_eos`.
public struct Ending: Equatable, Sendable {
    /// Position, counted from the beginning of the sequence, before which no end-of-generation token is chosen.
    public var earliest: Int
    /// Whether an end-of-generation token is a token like any other, behind which the text goes on.
    public var isIgnored: Bool

    public init(earliest: Int = 0, isIgnored: Bool = false) {
        self.earliest = earliest
        self.isIgnored = isIgnored
    }

    /// Whether a token ends the text.
    ///
    /// - Parameter ends: the end-of-generation tokens of the vocabulary.
    public func isEnd(_ token: Token, among ends: Set<Token>) -> Bool {
        !self.isIgnored && ends.contains(token)
    }
}
