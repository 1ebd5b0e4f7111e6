/// The tokens that top-k, top-p and min-p leave of a distribution: all that are more probable than the last one, and
/// it. Among equally probable tokens the smaller comes first.
struct Truncation {
    private var leastLogit = -Float.infinity
    /// The last token allowed among those of exactly the least logit.
    private var lastToken = Token.max

    /// Leaves every token.
    init() {}

    /// - Parameter largest: the largest of the logits, finite.
    init(_ sampling: Sampling, _ logits: Span<Float>, largest: Float) {
        let isLimited = sampling.topK > 0 && sampling.topK < logits.count
        if isLimited || sampling.topP < 1 {
            let ranking = Ranking(
                logits, largest: largest, scale: sampling.inverseTemperature, needsMass: sampling.topP < 1)
            var last = isLimited ? ranking.reach(logits, count: sampling.topK, mass: .infinity) : nil
            if sampling.topP < 1 {
                let mass = Double(sampling.topP) * (last?.mass ?? ranking.mass)
                last = ranking.reach(logits, count: isLimited ? sampling.topK : .max, mass: mass)
            }
            if let last { (self.leastLogit, self.lastToken) = (last.logit, last.token) }
        }
        if sampling.minP > 0 {
            let least = largest + naturalLogarithm(sampling.minP) / sampling.inverseTemperature
            if least > self.leastLogit { (self.leastLogit, self.lastToken) = (least, .max) }
        }
    }

    /// Never true of NaN.
    func allows(_ token: Token, _ logit: Float) -> Bool {
        logit > self.leastLogit || (logit == self.leastLogit && token <= self.lastToken)
    }

    /// The confidence in an allowed token, by its logit.
    func confidence(of logit: Float, in logits: Span<Float>, largest: Float, inverseTemperature: Float) -> Confidence {
        guard largest.isFinite else {
            let probability: Float = largest > 0 ? 1 : 0
            return Confidence(
                probability: probability, entropy: 0, margin: probability, top: [probability, 0, 0, 0, 0, 0, 0, 0])
        }
        // Below e^-20 of the largest, a token adds nothing that counts.
        let least = max(self.leastLogit, largest - 20 / inverseTemperature)
        var sum = 0.0
        // With weight e^x, the entropy is log(sum of e^x) - (sum of x e^x) / (sum of e^x).
        var weighted = 0.0
        var top = SIMD8<Float>(repeating: -.infinity)
        var lastOfTop = -Float.infinity
        for index in 0..<logits.count where logits[index] >= least && self.allows(Token(index), logits[index]) {
            var x = (logits[index] - largest) * inverseTemperature
            let weight = Double(exponential(x))
            sum += weight
            weighted += weight * Double(x)
            guard x > lastOfTop else { continue }
            for place in 0..<8 where x > top[place] { swap(&x, &top[place]) }
            lastOfTop = top[7]
        }
        for place in 0..<8 { top[place] = Float(Double(exponential(top[place])) / sum) }
        return Confidence(
            probability: Float(Double(exponential((logit - largest) * inverseTemperature)) / sum),
            entropy: max(0, Float(naturalLogarithm(sum) - weighted / sum)), margin: top[0] - top[1], top: top)
    }
}

/// Tokens in the order of their probability, sorted only where an end of the order is looked for: each token lies in
/// one of some buckets of equal width, and whole buckets are passed over.
private struct Ranking {
    private let largest: Float
    private let scale: Float
    private let bucketsPerLogit: Float
    private var counts: [Int]
    /// Sum over each bucket of the probabilities, in units of the largest one.
    private var masses: [Double]

    private static let bucketCount = 512

    init(_ logits: Span<Float>, largest: Float, scale: Float, needsMass: Bool) {
        var smallest = largest
        for index in 0..<logits.count where logits[index] < smallest { smallest = logits[index] }
        // What lies 40 nats below is hardly ever looked for, and shares the last bucket.
        let width = min(largest - smallest, 40 / scale)
        self.largest = largest
        self.scale = scale
        self.bucketsPerLogit = width > 0 ? Float(Self.bucketCount) / width : 0
        self.counts = Array(repeating: 0, count: Self.bucketCount)
        self.masses = Array(repeating: 0, count: Self.bucketCount)
        for index in 0..<logits.count where !logits[index].isNaN {
            let bucket = self.bucket(of: logits[index])
            self.counts[bucket] += 1
            if needsMass { self.masses[bucket] += self.mass(of: logits[index]) }
        }
    }

    var mass: Double { self.masses.reduce(0, +) }

    /// The token with which, from the most probable one on, `count` tokens or `mass` are reached, and the mass up to
    /// and with it; `nil` where there is not so much.
    func reach(_ logits: Span<Float>, count: Int, mass: Double) -> (logit: Float, token: Token, mass: Double)? {
        var passedCount = 0
        var passedMass = 0.0
        for bucket in 0..<Self.bucketCount {
            if passedCount + self.counts[bucket] < count, passedMass + self.masses[bucket] < mass {
                passedCount += self.counts[bucket]
                passedMass += self.masses[bucket]
                continue
            }
            for (logit, token) in self.sorted(bucket, of: logits) {
                passedCount += 1
                passedMass += self.mass(of: logit)
                if passedCount >= count || passedMass >= mass { return (logit, token, passedMass) }
            }
        }
        return nil
    }

    private func bucket(of logit: Float) -> Int {
        let place = (self.largest - logit) * self.bucketsPerLogit
        return place < Float(Self.bucketCount - 1) ? Int(place) : Self.bucketCount - 1
    }

    private func mass(of logit: Float) -> Double {
        Double(exponential((logit - self.largest) * self.scale))
    }

    private func sorted(_ bucket: Int, of logits: Span<Float>) -> [(logit: Float, token: Token)] {
        var members: [(logit: Float, token: Token)] = []
        members.reserveCapacity(self.counts[bucket])
        for index in 0..<logits.count where !logits[index].isNaN && self.bucket(of: logits[index]) == bucket {
            members.append((logits[index], Token(index)))
        }
        members.sort { $0.logit != $1.logit ? $0.logit > $1.logit : $0.token < $1.token }
        return members
    }
}
