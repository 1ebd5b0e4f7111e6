internal import Measurement
public import Speculation

/// One run in which the delay jumps and the text changes its kind, each at its own time.
public struct Drift: Sendable {
    public struct Phase: Sendable {
        public var domain: String
        /// Delay of one way.
        public var delay: Seconds
        public var texts: [Trace.Text]
    }

    public var phases: [Phase]
    public var costs: Costs
    public var endTokens: Set<Token>

    /// - Parameters:
    ///   - texts: of some domains, each shared out among its phases.
    ///   - delays: one way, in the order in which they come; at each, the domain changes once.
    /// - Throws: when a domain has fewer texts than phases.
    public init(texts: [Trace.Text], delays: [Seconds], costs: Costs, endTokens: Set<Token>) throws(DriftError) {
        let domains = texts.map(\.domain).uniqued()
        guard !domains.isEmpty else { throw DriftError(domain: "", texts: 0, needed: delays.count) }
        var places: [(domain: Int, delay: Seconds)] = []
        for (index, delay) in delays.enumerated() {
            places.append((index % domains.count, delay))
            if domains.count > 1 { places.append(((index + 1) % domains.count, delay)) }
        }
        for (index, domain) in domains.enumerated() {
            let (needed, there) = (places.count { $0.domain == index }, texts.count { $0.domain == domain })
            guard there >= needed else { throw DriftError(domain: domain, texts: there, needed: needed) }
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
    private func tallies(_ contender: Contender) async throws -> [Replay.Tally] {
        var replay = Replay(
            contender, costs: self.costs, distance: Distance(delay: 0), endTokens: self.endTokens)
        var tallies: [Replay.Tally] = []
        for phase in self.phases {
            replay.distance.delay = phase.delay
            replay.resetTally()
            try await replay.run(phase.texts)
            tallies.append(replay.tally)
        }
        return tallies
    }

    /// A phase of the rule in question, next to what would have been best there.
    public struct Outcome: Codable, Equatable, Sendable {
        public var domain: String
        public var delayMilliseconds: Double
        public var tokens: Int
        public var seconds: Double
        public var aloneSeconds: Double
        public var bestRule: String
        public var bestSeconds: Double
    }

    /// - Parameters:
    ///   - others: of which the best counts in each phase, with the target alone among them.
    ///   - advance: called behind the run of each contender.
    /// - Throws: `CancellationError`, between two texts.
    public func outcomes(
        _ contender: Contender, against others: [Contender], advance: @Sendable () -> Void = {}
    ) async throws -> [Outcome] {
        var tallies: [[Replay.Tally]] = []
        for contender in [contender] + others {
            tallies.append(try await self.tallies(contender))
            advance()
        }
        let mine = tallies[0]
        let theirs = zip(others.map(\.name), tallies.dropFirst())
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

/// That a drift has a phase without a text.
public struct DriftError: Error, Equatable, CustomStringConvertible {
    public var domain: String
    public var texts: Int
    /// One for each phase of the domain.
    public var needed: Int

    public var description: String {
        let name = self.domain.isEmpty ? "" : " of \"\(self.domain)\""
        return "a drift through these delays needs \(self.needed) texts\(name), but the traces have \(self.texts): "
            + "record more, or give fewer delays"
    }
}
