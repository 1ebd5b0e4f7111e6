/// Chooses a token from a row of logits, as a pure function of logits, position and `Sampling`.
///
/// Draft and target use the same sampler with the same seed; that is the whole coupling. Temperature is applied first,
/// then top-k, top-p and min-p cut the tempered distribution in this order.
public struct Sampler: Sendable {
    public let sampling: Sampling

    public init(_ sampling: Sampling) {
        self.sampling = sampling
    }

    /// What a choice shall tell beside its token.
    public struct Detail: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// The second best token.
        public static let runnerUp = Detail(rawValue: 1)
        /// The probability of the token.
        public static let probability = Detail(rawValue: 2)
    }

    /// - Parameters:
    ///   - logits: one for each token of the vocabulary, at least one. NaN counts as minus infinity.
    ///   - position: of the token to choose, counted from the beginning of the sequence.
    public func choose(from logits: Span<Float>, position: Int, detail: Detail = []) -> Choice {
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
        var choice = best.choice
        if detail.contains(.probability) {
            choice.probability = 1 / sumOfExponentials(logits, scale: 1, below: best.score, cut: -.infinity)
        }
        return choice
    }

    /// The largest logit over temperature plus noise, among the tokens that the cuts leave.
    private func draw(_ logits: Span<Float>, _ position: Int, _ detail: Detail) -> Choice {
        let scale = 1 / self.sampling.temperature
        let noise = GumbelNoise(seed: self.sampling.seed, position: position)
        var top = 0
        var largest = -Float.infinity
        for index in 0..<logits.count where logits[index] > largest { (top, largest) = (index, logits[index]) }
        let cut = self.cut(logits, largest: largest)

        var best = BestTwo(first: Token(top), score: Double(largest * scale) + noise.value(of: Token(top)))
        let needsRunnerUp = detail.contains(.runnerUp)
        for index in 0..<logits.count {
            let logit = logits[index]
            guard logit >= cut.logit, index != top else { continue }
            if logit == cut.logit && index > cut.lastToken { continue }
            let value = logit * scale
            let bar = Float(needsRunnerUp ? best.runnerUpScore : best.score)
            guard value + noise.upperBound(of: Token(index)) >= bar - abs(bar) * 1e-6 else { continue }
            best.offer(Token(index), Double(value) + noise.value(of: Token(index)))
        }
        var choice = best.choice
        if !needsRunnerUp { (choice.runnerUp, choice.runnerUpScore) = (choice.token, choice.score) }
        if detail.contains(.probability) {
            let sum = sumOfExponentials(logits, scale: scale, below: largest, cut: cut.logit)
            choice.probability = exponential((logits[Int(choice.token)] - largest) * scale) / sum
        }
        return choice
    }

    /// The smallest logit that is allowed, and the largest token allowed among those of exactly that logit.
    private func cut(_ logits: Span<Float>, largest: Float) -> (logit: Float, lastToken: Int) {
        let sampling = self.sampling
        var logit = -Float.infinity
        var lastToken = Int.max
        let limited = sampling.topK > 0 && sampling.topK < logits.count
        if limited || sampling.topP < 1 {
            let last = self.lastOfNucleus(logits, largest: largest, count: limited ? sampling.topK : logits.count)
            (logit, lastToken) = (last.logit, Int(last.token))
        }
        if sampling.minP > 0 {
            let least = largest + naturalLogarithm(sampling.minP) * sampling.temperature
            if least > logit { (logit, lastToken) = (least, Int.max) }
        }
        return (logit, lastToken)
    }

    private struct Candidate: Comparable {
        var logit: Float
        var token: Token

        /// Most probable first, smaller token first among equals.
        static func < (left: Candidate, right: Candidate) -> Bool {
            left.logit != right.logit ? left.logit > right.logit : left.token < right.token
        }
    }

    /// The least probable token that top-k and top-p leave.
    ///
    /// Sorts only the head of the distribution, and all of it where the head does not reach far enough.
    private func lastOfNucleus(_ logits: Span<Float>, largest: Float, count: Int) -> Candidate {
        self.lastOfNucleus(logits, largest: largest, count: count, reach: 12)
            ?? self.lastOfNucleus(logits, largest: largest, count: count, reach: .infinity)
            ?? Candidate(logit: largest, token: .max)
    }

    /// - Parameter reach: how far below the most probable token, in nats, tokens are looked at.
    /// - Returns: `nil` where tokens beyond the reach may count.
    private func lastOfNucleus(_ logits: Span<Float>, largest: Float, count: Int, reach: Float) -> Candidate? {
        let scale = 1 / self.sampling.temperature
        var head: [Candidate] = []
        for index in 0..<logits.count where (largest - logits[index]) * scale <= reach {
            head.append(Candidate(logit: logits[index], token: Token(index)))
        }
        let limited = count < logits.count
        let complete = reach == .infinity || (limited && head.count >= count)
        guard complete || !limited else { return nil }
        head.sort()
        let kept = head.prefix(count)
        guard self.sampling.topP < 1 else { return kept.last }

        func weight(_ candidate: Candidate) -> Double {
            Double(exponential((candidate.logit - largest) * scale))
        }
        let whole =
            limited
            ? kept.reduce(0) { $0 + weight($1) }
            : Double(sumOfExponentials(logits, scale: scale, below: largest, cut: -.infinity))
        var sum = 0.0
        for candidate in kept {
            sum += weight(candidate)
            if sum >= Double(self.sampling.topP) * whole { return candidate }
        }
        return complete ? kept.last : nil
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

    var choice: Choice {
        Choice(
            token: self.first, score: Float(self.score), runnerUp: self.second,
            runnerUpScore: Float(self.runnerUpScore))
    }
}

/// The sum of exp(scale * (logit - largest)) over logits of at least `cut`; those below e^-20 add nothing that counts.
private func sumOfExponentials(_ logits: Span<Float>, scale: Float, below largest: Float, cut: Float) -> Float {
    var sum: Float = 0
    let least = max(cut, largest - 20 / scale)
    for index in 0..<logits.count where logits[index] >= least {
        sum += exponential((logits[index] - largest) * scale)
    }
    return sum
}
