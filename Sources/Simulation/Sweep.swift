public import Speculation

/// Replays the texts of one domain at one distance, with some costs, under any contender.
public struct Sweep: Sendable {
    public var texts: [Trace.Text]
    public var domain: String
    public var costs: Costs
    public var distance: Distance
    public var endTokens: Set<Token>

    public init(texts: [Trace.Text], domain: String, costs: Costs, distance: Distance, endTokens: Set<Token>) {
        self.texts = texts
        self.domain = domain
        self.costs = costs
        self.distance = distance
        self.endTokens = endTokens
    }

    /// - Throws: `CancellationError`, between two texts.
    public func cell(_ contender: Contender) async throws -> Cell {
        var replay = Replay(contender, costs: self.costs, distance: self.distance, endTokens: self.endTokens)
        try await replay.run(self.texts)
        return Cell(
            domain: self.domain, costs: self.costs, delay: self.distance.delay, contender: contender,
            tally: replay.tally)
    }
}

extension Replay {
    /// - Throws: `CancellationError`, between two texts.
    mutating func run(_ texts: [Trace.Text]) async throws {
        for text in texts {
            // Lets Ctrl-C be heard though all cores replay.
            await Task.yield()
            try Task.checkCancellation()
            self.run(text)
        }
    }
}
