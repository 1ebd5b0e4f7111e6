public import Speculation

/// What a target wrote alone, and what a draft would have guessed at each of its positions: all that a lookahead rule
/// could ever meet on these texts.
///
/// With the couplings `greedy` and `gumbel` a draft's guess is a function of the tokens before it. So one guess for each
/// position says what any block guesses, wherever it begins, up to its first wrong token; behind that one, the block
/// goes on from it, and what it guesses there depends on nothing else.
public struct Trace: Sendable {
    public var header: Header
    public var texts: [Text]

    public init(header: Header, texts: [Text]) {
        self.header = header
        self.texts = texts
    }

    public struct Header: Codable, Equatable, Sendable {
        /// Always `foretoken-trace`.
        public var format = Self.format
        public var version = Self.version
        /// Names of the models.
        public var target: String
        public var draft: String
        public var temperature: Double
        public var seed: UInt64
        /// Tokens with which a text ends; a draft stops behind one too.
        public var endTokens: [Token]
        /// Tokens drafted behind a wrong one at most.
        public var beyond: Int

        public static let format = "foretoken-trace"
        public static let version = 2
        /// The first knows no runners-up.
        static let versions = 1...2

        public init(
            target: String, draft: String, temperature: Double, seed: UInt64, endTokens: [Token], beyond: Int
        ) {
            self.target = target
            self.draft = draft
            self.temperature = temperature
            self.seed = seed
            self.endTokens = endTokens
            self.beyond = beyond
        }
    }

    public struct Text: Equatable, Sendable {
        /// Domain of the prompt: `prose`, `swift`; perhaps empty.
        public var domain: String
        /// Where the prompt came from: file and line.
        public var prompt: String
        public var promptTokens: Int
        /// What the target wrote.
        public var tokens: [Token]
        /// At each position of `tokens`, the draft's guess given the tokens before it.
        public var drafted: [DraftedToken]
        /// For each position with a wrong guess, what the draft guesses behind it.
        public var beyond: [Int: [DraftedToken]]

        public init(
            domain: String, prompt: String, promptTokens: Int, tokens: [Token], drafted: [DraftedToken],
            beyond: [Int: [DraftedToken]]
        ) {
            self.domain = domain
            self.prompt = prompt
            self.promptTokens = promptTokens
            self.tokens = tokens
            self.drafted = drafted
            self.beyond = beyond
        }

        /// For each position, how many tokens drafted from there on the target would accept.
        public var runs: [Int] {
            var runs = [Int](repeating: 0, count: self.tokens.count)
            for position in self.tokens.indices.reversed() where self.isRight(position) {
                runs[position] = 1 + (position + 1 < runs.count ? runs[position + 1] : 0)
            }
            return runs
        }

        public func isRight(_ position: Int) -> Bool {
            self.drafted[position].token == self.tokens[position]
        }
    }
}
