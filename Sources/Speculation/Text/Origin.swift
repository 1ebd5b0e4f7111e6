/// How a committed token came about.
public enum Origin: String, Sendable, CaseIterable {
    /// The target's own token, no draft token standing at its place.
    case plain
    /// Drafted, and what the target chose too.
    case accepted
    /// The target's own token at the first mismatch.
    case recovered
    /// The target's own token after full acceptance.
    case bonus
}

/// Why a sequence ended.
public enum FinishReason: String, Sendable {
    /// An end-of-generation token, or a stop string.
    case stop
    /// The limit on new tokens, or the end of the context.
    case length
}
