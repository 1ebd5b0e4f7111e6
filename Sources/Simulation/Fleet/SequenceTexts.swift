internal import Speculation

/// Which text each sequence of a fleet is about: what its target writes, and what a draft guesses there.
struct SequenceTexts {
    private struct Ground {
        var text: Int
        /// Tokens of the prompt.
        var prompt: Int
    }

    var texts: FleetTexts
    private var grounds: [UInt64: Ground] = [:]

    init(_ texts: FleetTexts) {
        self.texts = texts
    }

    mutating func open(_ sequence: UInt64, text: Int, prompt: Int) {
        self.grounds[sequence] = Ground(text: text, prompt: prompt)
    }

    func isEnd(_ token: Token) -> Bool { self.texts.endTokens.contains(token) }

    /// What the target writes at a position.
    func token(at position: Int, of sequence: UInt64) -> Token {
        guard let ground = self.grounds[sequence] else { return 0 }
        return self.texts.token(ground.text, at: position, prompt: ground.prompt)
    }

    /// Whether a token behind the prompt is another than the target writes there.
    func isWrong(_ token: Token, at position: Int, of sequence: UInt64) -> Bool {
        guard let ground = self.grounds[sequence], position >= ground.prompt else { return false }
        return self.texts.token(ground.text, at: position, prompt: ground.prompt) != token
    }

    /// Whether the draft guesses right on right ground.
    func isRight(at position: Int, of sequence: UInt64) -> Bool {
        guard let ground = self.grounds[sequence] else { return false }
        return self.texts.isRight(ground.text, at: position - ground.prompt)
    }

    /// What a draft guesses, behind ground whose first wrong token is at `wrong`.
    func guess(at position: Int, wrong: Int?, of sequence: UInt64) -> DraftedToken? {
        guard let ground = self.grounds[sequence] else { return nil }
        return self.texts.guess(
            ground.text, at: position - ground.prompt, wrong: wrong.map { $0 - ground.prompt })
    }
}
