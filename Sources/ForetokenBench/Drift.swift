public import Speculation

/// One run in which the delay jumps and the text changes its kind, each at its own time.
public struct Drift: Sendable {
    public struct Phase: Sendable {
        public var domain: String
        /// Of one way.
        public var delay: Seconds
        public var texts: [Trace.Text]
    }

    public var phases: [Phase]
    public var costs: Costs
    public var endTokens: Set<Token>

    /// - Parameters:
    ///   - texts: of some domains, each shared out among its phases.
    ///   - delays: one way, in the order in which they come; at each, the domain changes once.
    public init(texts: [Trace.Text], delays: [Seconds], costs: Costs, endTokens: Set<Token>) {
        var domains: [String] = []
        for text in texts where !domains.contains(text.domain) { domains.append(text.domain) }
        var places: [(domain: Int, delay: Seconds)] = []
        for (index, delay) in delays.enumerated() {
            places.append((index % domains.count, delay))
            if domains.count > 1 { places.append(((index + 1) % domains.count, delay)) }
        }
        self.phases = places.enumerated().map { number, place in
            let mine = texts.filter { $0.domain == domains[place.domain] }
            let sharers = places.indices.filter { places[$0].domain == place.domain }
            let rank = sharers.firstIndex(of: number)!
            let (low, high) = (mine.count * rank / sharers.count, mine.count * (rank + 1) / sharers.count)
            return Phase(domain: domains[place.domain], delay: place.delay, texts: Array(mine[low..<high]))
        }
        self.costs = costs
        self.endTokens = endTokens
    }

    /// What one rule does in each phase, going from one to the next with what it has learned.
    public func tallies(_ contender: Contender) -> [Replay.Tally] {
        var replay = Replay(
            contender.make(), costs: self.costs, distance: Distance(delay: 0), endTokens: self.endTokens)
        return self.phases.map { phase in
            replay.distance.delay = phase.delay
            replay.resetTally()
            for text in phase.texts { replay.run(text) }
            return replay.tally
        }
    }

    /// A phase of the rule in question, beside what would have been best there.
    public struct Outcome: Codable, Equatable, Sendable {
        public var domain: String
        public var delayMilliseconds: Double
        public var tokens: Int
        public var seconds: Double
        public var aloneSeconds: Double
        public var bestRule: String
        public var bestSeconds: Double
    }

    /// - Parameter others: of which the best counts in each phase, with the target alone among them.
    public func outcomes(_ contender: Contender, against others: [Contender]) -> [Outcome] {
        let mine = self.tallies(contender)
        let theirs = others.map { ($0.name, self.tallies($0)) }
        return self.phases.indices.map { index in
            let alone = Double(mine[index].tokens) * self.costs.pass(rows: 1)
            let best = theirs.map { (name: $0.0, seconds: $0.1[index].seconds) }.min { $0.seconds < $1.seconds }
            let isAloneBest = alone < best?.seconds ?? .infinity
            return Outcome(
                domain: self.phases[index].domain, delayMilliseconds: self.phases[index].delay * 1e3,
                tokens: mine[index].tokens, seconds: mine[index].seconds, aloneSeconds: alone,
                bestRule: isAloneBest ? "off" : best!.name, bestSeconds: isAloneBest ? alone : best!.seconds)
        }
    }
}
