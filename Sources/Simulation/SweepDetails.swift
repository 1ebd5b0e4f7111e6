internal import Speculation

/// The speed-up of `marginal` over acceptance and delay, texts grouped by how often the draft guesses right.
public struct AcceptanceMap: Codable, Equatable, Sendable {
    public var costs: String
    /// Delay of one way.
    public var delaysMilliseconds: [Double]
    /// Part of a group's tokens that the draft guesses, from the least to the largest.
    public var acceptance: [Double]
    /// Speed-up of each group, at each delay.
    public var speedUps: [[Double]]

    private static let mostGroups = 8

    /// - Parameter sweeps: with the same costs.
    /// - Returns: `nil` where there are no texts.
    public init?(_ sweeps: [Sweep]) {
        guard let first = sweeps.first else { return nil }
        let texts = sweeps.filter { $0.distance == first.distance }.flatMap(\.texts).filter { !$0.tokens.isEmpty }
        let ranked = texts.map { text in
            (text, Double(text.tokens.indices.count { text.isRight($0) }) / Double(text.tokens.count))
        }.sorted { $0.1 < $1.1 }
        let count = min(Self.mostGroups, ranked.count)
        guard count > 0 else { return nil }
        let groups = (0..<count).map { ranked[ranked.count * $0 / count..<ranked.count * ($0 + 1) / count] }
        var distances: [Distance] = []
        for sweep in sweeps where !distances.contains(sweep.distance) { distances.append(sweep.distance) }
        let marginal = Contender(.marginal)!
        self.costs = first.costs.name
        self.delaysMilliseconds = distances.map { ($0.delay * 1e6).rounded() / 1e3 }
        self.acceptance = groups.map { group in group.map(\.1).reduce(0, +) / Double(group.count) }
        self.speedUps = groups.map { group in
            distances.map { distance in
                var replay = Replay(marginal, costs: first.costs, distance: distance, endTokens: first.endTokens)
                // With what it learned from texts like these.
                for (text, _) in group { replay.run(text) }
                replay.resetTally()
                for (text, _) in group { replay.run(text) }
                return replay.tally.rate * first.costs.pass(rows: 1)
            }
        }
    }
}

/// What `marginal` did along one text, pass by pass.
public struct TextCourse: Codable, Equatable, Sendable {
    /// Its domain, or where its prompt stands.
    public var text: String
    public var costs: String
    /// Delay of one way.
    public var delayMilliseconds: Double
    /// Tokens committed before each pass.
    public var positions: [Int]
    public var sent: [Int]
    public var accepted: [Int]

    /// - Returns: of the last text, with what was learned from those before it; `nil` where there is none.
    public init?(_ sweep: Sweep) {
        guard let text = sweep.texts.last, let marginal = Contender(.marginal) else { return nil }
        var replay = Replay(
            marginal, costs: sweep.costs, distance: sweep.distance, endTokens: sweep.endTokens, keepsRounds: true)
        for other in sweep.texts.dropLast() { replay.run(other) }
        replay.resetTally()
        replay.run(text)
        self.text = text.domain.isEmpty ? text.prompt : text.domain
        self.costs = sweep.costs.name
        self.delayMilliseconds = (sweep.distance.delay * 1e6).rounded() / 1e3
        self.positions = replay.rounds.map(\.position)
        self.sent = replay.rounds.map(\.sent)
        self.accepted = replay.rounds.map(\.accepted)
    }
}
