/// The target's own tokens at the places of a block: accepted draft tokens, and one more.
///
/// Every token in it is the target's choice on the target's row; a draft token only decides whether the next row,
/// which was computed behind it, can be used. So with the `greedy` and `gumbel` couplings the text is the target's
/// alone, whatever was drafted (Leviathan, Kalman, Matias, arXiv 2211.17192, for the walk; Daliri, Musco, Suresh,
/// arXiv 2408.07978, for drafter invariance).
public struct AcceptanceWalk: Equatable, Sendable {
    /// `accepted` draft tokens, then the target's own token, unless an accepted one ends the generation.
    public private(set) var choices: [Choice] = []
    public private(set) var accepted = 0
    /// How the token behind the accepted ones came about; `nil` where an accepted token ended the generation.
    public private(set) var ownOrigin: Origin?

    /// - Parameters:
    ///   - candidates: the draft tokens that the pass held; may be empty.
    ///   - ends: whether a token ends the generation; nothing behind it is looked at.
    ///   - choose: the target's choice on row `i`: row 0 stands before the first candidate, row `i` behind the
    ///     `i`-th.
    public init<Failure: Error>(
        candidates: ArraySlice<Token>, ends: (Token) -> Bool, choose: (Int) throws(Failure) -> Choice
    ) throws(Failure) {
        for candidate in candidates {
            let choice = try choose(self.accepted)
            self.choices.append(choice)
            guard choice.token == candidate else {
                self.ownOrigin = .recovered
                return
            }
            self.accepted += 1
            if ends(candidate) { return }
        }
        self.choices.append(try choose(self.accepted))
        self.ownOrigin = candidates.isEmpty ? .plain : .bonus
    }

    /// How the choice at `index` came about.
    public func origin(at index: Int) -> Origin {
        index < self.accepted ? .accepted : self.ownOrigin ?? .accepted
    }
}
