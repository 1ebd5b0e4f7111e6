internal import Speculation

/// What the sequences of a fleet are about: texts of a trace, and where each lies in its sequence.
struct FleetTexts {
    let texts: [Trace.Text]
    let endTokens: Set<Token>

    /// What a target writes at a position, the prompt having `prompt` tokens.
    func token(_ text: Int, at position: Int, prompt: Int) -> Token {
        self.texts[text].tokens[position - prompt]
    }

    /// Tokens of prompts mean nothing; they differ from request to request.
    static func prompt(_ count: Int, of request: Int) -> [Token] {
        (0..<count).map { Token(truncatingIfNeeded: $0 == 0 ? request : $0) }
    }

    /// What a draft guesses, behind ground that is right, or has its first wrong token at `wrong`: text indices both.
    ///
    /// - Returns: `nil` where the trace tells nothing.
    func guess(_ text: Int, at index: Int, wrong: Int?) -> DraftedToken? {
        guard let wrong else { return self.texts[text].drafted[index] }
        // The trace ends somewhere; a draft on wrong ground goes on in the same way.
        guard let beyond = self.texts[text].beyond[wrong], !beyond.isEmpty else { return nil }
        return beyond[(index - wrong - 1) % beyond.count]
    }

    func isRight(_ text: Int, at index: Int) -> Bool { self.texts[text].isRight(index) }
}
