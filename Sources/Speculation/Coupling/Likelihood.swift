/// How probable a token was to the target's model, and which were the most probable ones: natural logarithms, of the
/// model's own distribution at temperature 1, before any cut.
///
/// It is taken from the row that the token was chosen on, so it is the same whoever proposed the token.
public struct Likelihood: Equatable, Sendable {
    /// A token that the model could have chosen.
    public struct Candidate: Equatable, Sendable {
        public var token: Token
        /// What the token stands for, which need not be whole characters; none for a control token.
        public var bytes: [UInt8]
        public var logProbability: Float

        public init(token: Token, bytes: [UInt8], logProbability: Float) {
            self.token = token
            self.bytes = bytes
            self.logProbability = logProbability
        }
    }

    /// The token that was chosen.
    public var chosen: Candidate
    /// The most probable tokens in their order, the smaller one first among equals; the chosen one is among them where
    /// it is one of them.
    public var top: [Candidate]

    public init(chosen: Candidate, top: [Candidate]) {
        self.chosen = chosen
        self.top = top
    }

    /// Tokens of `top` at most.
    public static let mostTop = 20
    /// Stands for everything less probable too, minus infinity included.
    public static let least: Float = -9999

    /// - Parameters:
    ///   - token: the one that was chosen.
    ///   - logits: one for each token of the vocabulary. NaN counts as minus infinity.
    ///   - count: tokens of `top`; as many as the vocabulary has at most.
    ///   - bytes: of a token.
    public init(of token: Token, in logits: Span<Float>, top count: Int, bytes: (Token) -> [UInt8]) {
        var largest = -Float.infinity
        for index in 0..<logits.count where logits[index] > largest { largest = logits[index] }
        var sum = 0.0
        var best: [(token: Token, logit: Float)] = []
        for index in 0..<logits.count {
            let logit = logits[index]
            guard !logit.isNaN else { continue }
            sum += largest.isFinite ? Double(exponential(logit - largest)) : logit == largest ? 1 : 0
            guard best.count < count || count > 0 && logit > best[count - 1].logit else { continue }
            if best.count == count { best.removeLast() }
            best.insert((Token(index), logit), at: best.firstIndex { $0.logit < logit } ?? best.count)
        }

        func candidate(_ token: Token, _ logit: Float) -> Candidate {
            // Where the largest is infinite, all that are as large share the whole.
            let distance: Float = logit == largest ? 0 : logit - largest
            let value = Float(Double(distance) - naturalLogarithm(sum))
            let isNumber = largest > -.infinity && !value.isNaN
            return Candidate(
                token: token, bytes: bytes(token),
                logProbability: isNumber ? min(max(value, Self.least), 0) : Self.least)
        }
        self.init(
            chosen: candidate(token, logits[Int(token)]), top: best.map { candidate($0.token, $0.logit) })
    }
}
