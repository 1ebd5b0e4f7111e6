/// Chooses a token from a row of logits, as a pure function of logits, position and `Sampling`.
///
/// Draft and target use the same sampler with the same seed; that is the whole coupling. Temperature is applied first,
/// then top-k, top-p and min-p cut the tempered distribution in this order. At temperature 0 they change nothing, and
/// confidence and runner-up are those of the model's own, whole distribution.
public struct Sampler: Sendable {
    public let sampling: Sampling
    public let ending: Ending

    public init(_ sampling: Sampling, ending: Ending = Ending()) {
        self.sampling = sampling
        self.ending = ending
    }

    /// What a choice shall tell besides its token.
    public struct Detail: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// The second best token.
        public static let runnerUp = Detail(rawValue: 1)
        /// The probability of the token, and the distribution's entropy, margin and most probable tokens.
        public static let confidence = Detail(rawValue: 2)
    }

    /// - Parameters:
    ///   - logits: one for each token of the vocabulary, at least one. NaN counts as minus infinity.
    ///   - position: of the token to choose, counted from the beginning of the sequence.
    ///   - ends: the end-of-generation tokens, of which none is chosen before the text may end.
    public func choose(
        from logits: Span<Float>, position: Int, detail: Detail = [], ends: Set<Token> = []
    ) -> Choice {
        guard position < self.ending.earliest, !ends.isEmpty else { return self.choose(logits, position, detail) }
        var masked = ContiguousArray(unsafeUninitializedCapacity: logits.count) { buffer, count in
            for index in 0..<logits.count { buffer.initializeElement(at: index, to: logits[index]) }
            count = logits.count
        }
        for end in ends where Int(end) < masked.count { masked[Int(end)] = -.infinity }
        return self.choose(masked.span, position, detail)
    }

    private func choose(_ logits: Span<Float>, _ position: Int, _ detail: Detail) -> Choice {
        switch self.sampling.coupling {
        case .greedy: self.mostProbable(logits, detail)
        case .gumbel: self.draw(logits, position, detail)
        }
    }

    /// The largest logit, the smallest token among equals.
    private func mostProbable(_ logits: Span<Float>, _ detail: Detail) -> Choice {
        var best = BestTwo(first: 0, score: -Float.infinity)
        for index in 0..<logits.count where logits[index] > best.runnerUpScore {
            best.offer(Token(index), logits[index])
        }
        var choice = best.choice(detail)
        if detail.contains(.confidence) {
            let everything = Truncation()
            choice.confidence = everything.confidence(
                of: best.score, in: logits, largest: best.score, inverseTemperature: 1)
        }
        return choice
    }

    /// The largest logit over temperature plus noise, among the tokens that the cuts leave.
    private func draw(_ logits: Span<Float>, _ position: Int, _ detail: Detail) -> Choice {
        var top = 0
        var largest = -Float.infinity
        for index in 0..<logits.count where logits[index] > largest { (top, largest) = (index, logits[index]) }
        // Where the largest is infinite, noise makes no difference.
        guard largest.isFinite else { return self.mostProbable(logits, detail) }

        let noise = GumbelNoise(seed: self.sampling.seed, position: position)
        let scale = self.sampling.inverseTemperature
        let truncation = Truncation(self.sampling, logits, largest: largest)
        var best = BestTwo(first: Token(top), score: Double(largest * scale) + noise.value(of: Token(top)))
        let needsRunnerUp = detail.contains(.runnerUp)
        for index in 0..<logits.count {
            let token = Token(index)
            guard truncation.allows(token, logits[index]), index != top else { continue }
            // The noise is costly, and its bound excludes most tokens; the slack covers the rounding of both sides.
            let value = logits[index] * scale
            let bar = Float(needsRunnerUp ? best.runnerUpScore : best.score)
            guard value + noise.upperBound(of: token) >= bar - abs(bar) * 1e-6 else { continue }
            best.offer(token, Double(value) + noise.value(of: token))
        }
        var choice = best.choice(detail)
        if detail.contains(.confidence) {
            choice.confidence = truncation.confidence(
                of: logits[Int(choice.token)], in: logits, largest: largest, inverseTemperature: scale)
        }
        return choice
    }
}

/// The best and the second best token seen so far.
private struct BestTwo<Score: BinaryFloatingPoint> {
    var first: Token
    var score: Score
    var second: Token
    var runnerUpScore: Score

    init(first: Token, score: Score) {
        self.first = first
        self.score = score
        self.second = first
        self.runnerUpScore = -.infinity
    }

    mutating func offer(_ token: Token, _ score: Score) {
        if score > self.score {
            (self.second, self.runnerUpScore) = (self.first, self.score)
            (self.first, self.score) = (token, score)
        } else if score > self.runnerUpScore {
            (self.second, self.runnerUpScore) = (token, score)
        }
    }

    func choice(_ detail: Sampler.Detail) -> Choice {
        guard detail.contains(.runnerUp), self.runnerUpScore > -.infinity else {
            return Choice(token: self.first, score: Float(self.score))
        }
        return Choice(
            token: self.first, score: Float(self.score), runnerUp: self.second,
            runnerUpScore: Float(self.runnerUpScore))
    }
}
