/// Which passes a target keeps to, so that every text is the same to the last bit whatever is drafted, and whoever else
/// is served.
///
/// A model's library computes few rows with other kernels than many, and their results differ in the last bits. All
/// tokens behind the prompt are therefore computed in calls of one agreeing kind, from `least` to `most` rows wide. Where
/// that kind is narrower than a piece of a prompt, each piece is computed in a call of its own: its width is then a
/// function of the prompt alone.
public struct ExactPasses: Equatable, Sendable {
    /// Fewest rows of a call; where a sequence has less, others are made up behind its own.
    public var least: Int
    /// Most rows of a call; a sequence that has more is computed in several.
    public var most: Int
    /// Whether slots can be in one call without a difference to any of them.
    public var sharesCalls: Bool

    /// Most rows of a piece of a prompt; pieces end at its multiples, and with the prompt.
    public static let piece = 32

    /// - Precondition: `1 <= least <= most`.
    public init(least: Int, most: Int, sharesCalls: Bool = true) {
        precondition(1 <= least && least <= most, "no pass has from \(least) to \(most) rows")
        self.least = least
        self.most = most
        self.sharesCalls = sharesCalls
    }

    /// Rows that a sequence with `own` rows brings: in as few calls as there can be, each has at least `least`.
    public func rows(for own: Int) -> Int {
        max(own, self.least * ((own + self.most - 1) / self.most))
    }

    /// Whether pieces of prompts are of the same kind as all other rows, so that it does not matter where they end, nor
    /// which of a slot's tokens were of a prompt.
    public var isUniform: Bool { self.most >= Self.piece }

    /// First tokens of a sequence that are computed alike for every prompt that begins so.
    ///
    /// - Parameter promptCount: of the sequence.
    public func shareable(promptCount: Int) -> Int {
        self.isUniform ? .max : promptCount / Self.piece * Self.piece
    }
}
