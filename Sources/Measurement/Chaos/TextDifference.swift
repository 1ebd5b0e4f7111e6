public import Speculation

/// How the tokens that came differ from those that the target writes alone.
public enum TextDifference: Equatable, Sendable {
    /// Tokens are missing from an index on; how many.
    case lost(Int, at: Int)
    /// Tokens came once more at an index; how many.
    case doubled(Int, at: Int)
    /// Others came, from an index on.
    case changed(at: Int)

    /// - Parameter isWhole: whether the text is over; otherwise it may end anywhere.
    /// - Returns: `nil` where it does not differ.
    public init?(_ got: [Token], from alone: [Token], isWhole: Bool) {
        let same = zip(got, alone).prefix { $0 == $1 }.count
        let (rest, expected) = (got[same...], alone[same...])
        func agree(_ some: ArraySlice<Token>, _ other: ArraySlice<Token>) -> Bool {
            some.count <= other.count && other.starts(with: some) && (!isWhole || some.count == other.count)
        }

        if agree(rest, expected) { return nil }
        // One strange token at the end of an unfinished text proves no loss.
        for count in 1..<(expected.count + 1)
        where (isWhole || rest.count > 1) && agree(rest, expected.dropFirst(count)) {
            self = .lost(count, at: same)
            return
        }
        for count in 1..<(min(rest.count, same) + 1)
        where rest.prefix(count) == got[(same - count)..<same] && agree(rest.dropFirst(count), expected) {
            self = .doubled(count, at: same)
            return
        }
        self = .changed(at: same)
    }
}
