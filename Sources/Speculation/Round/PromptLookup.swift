/// How a text went on the last time that its latest tokens stood in it.
///
/// Prompt lookup (Saxena, "Prompt lookup decoding", 2023; Yang et al., arXiv 2304.04487) drafts what followed there. Here
/// the draft's model drafts, and whether the lookup agrees with it tells how likely the target does: texts quote
/// themselves and their prompts, and greedy ones fall into loops.
public struct PromptLookup: Equatable, Sendable {
    /// Latest tokens that stood there too; 0 where there is no such place.
    private var matched: Int
    private var continuation: ArraySlice<Token>

    /// Most tokens that are compared: more of them say nothing more.
    static let mostMatched = 32

    /// - Parameters:
    ///   - matched: latest tokens that stood there too.
    ///   - continuation: what followed them.
    public init(matched: Int = 0, continuation: [Token] = []) {
        self.matched = matched
        self.continuation = continuation[...]
    }

    /// Goes on to the next token of the text.
    ///
    /// - Returns: see `DraftedToken.recurrence`.
    public mutating func follow(_ token: Token) -> Int {
        guard self.matched > 0, let expected = self.continuation.popFirst() else { return 0 }
        let matched = self.matched
        guard token == expected else {
            self.matched = 0
            return -matched
        }
        self.matched = min(matched + 1, Self.mostMatched)
        return matched
    }
}

/// Where each three tokens in a row stood last in a text that grows at its end, and is taken back there now and then.
struct TrigramIndex: Sendable {
    /// Position behind the three tokens. What was taken back may still be in it, and is told by comparing.
    private var places: [SIMD3<Token>: Int] = [:]
    /// Tokens of the text that it knows.
    private var count = 0

    /// Takes in what the text has more than before, in time that grows with that alone.
    mutating func take(_ text: [Token]) {
        for place in max(3, self.count)..<max(3, text.count) {
            self.places[SIMD3(text[place - 3], text[place - 2], text[place - 1])] = place
        }
        self.count = text.count
    }

    mutating func rollBack(to count: Int) { self.count = min(self.count, count) }

    /// Looks up the last place at which the latest tokens stood before.
    ///
    /// - Parameters:
    ///   - text: all of it taken in.
    ///   - ground: tokens behind the text that are taken for granted.
    func lookup(_ text: [Token], _ ground: [Token]) -> PromptLookup {
        let count = text.count + ground.count
        func token(_ position: Int) -> Token {
            position < text.count ? text[position] : ground[position - text.count]
        }
        guard count > 3, let place = self.places[SIMD3(token(count - 3), token(count - 2), token(count - 1))],
            place < text.count
        else { return PromptLookup() }
        var matched = 0
        while matched < min(place, PromptLookup.mostMatched), token(place - 1 - matched) == token(count - 1 - matched) {
            matched += 1
        }
        guard matched >= 3 else { return PromptLookup() }
        var continuation: [Token] = []
        // One more for the target's own token behind a block. A loop that began just now goes on as it began.
        for position in place...place + LookaheadRule.mostTokens {
            continuation.append(position < count ? token(position) : continuation[position - count])
        }
        return PromptLookup(matched: matched, continuation: continuation)
    }
}
