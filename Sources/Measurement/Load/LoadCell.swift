public import Speculation

/// A rule under a number of clients at once, over all repetitions.
///
/// Quantiles are medians of those of the repetitions; the ends are of all.
public struct LoadCell: Codable, Equatable, Sendable {
    public var clients: Int
    public var rule: String
    public var hasLongPrompts: Bool
    public var repetitions: Int
    /// Rate of all clients together: all tokens over all seconds.
    public var tokensPerSecond: Double
    /// That rate over the one of `off` with as many clients, in the repetitions that both have.
    public var ratio: Double?
    /// The least and the largest of the repetitions' own.
    public var ratioLow: Double?
    public var ratioHigh: Double?
    /// As those of `LoadFigures`.
    public var timePerToken: Latencies?
    public var clientTimePerToken: Latencies?
    public var timeToFirstToken: Latencies?
    public var interToken: Latencies?
    public var passSeconds: Seconds?
    /// Accepted of drafted tokens.
    public var acceptanceRate: Double?
    /// Tokens of a pass.
    public var acceptanceLength: Double?
    /// Draft tokens of a pass, those without a block counted.
    public var draftTokensPerPass: Double?
    public var comparedTexts: Int
    /// Texts that are not what the target writes alone.
    public var differentTexts: Int
    /// From sending a long prompt to the token behind it.
    public var longPrompt: Latencies?

    /// The rule that others are compared with.
    public static let reference = "off"

    /// Sums up, by clients and then by rules, each in the order in which they first appear.
    public static func cells(of runs: [LoadRun]) -> [Self] {
        runs.map(\.clients).uniqued().flatMap { clients in
            runs.map(\.rule).uniqued().flatMap { rule in
                [false, true].compactMap { hasLongPrompts in
                    let place = Place(clients: clients, rule: rule, hasLongPrompts: hasLongPrompts)
                    let own = runs.filter(place.holds)
                    return own.isEmpty ? nil : Self(place, own, references: runs.filter(place.reference.holds))
                }
            }
        }
    }

    private struct Place {
        var clients: Int
        var rule: String
        var hasLongPrompts: Bool

        func holds(_ run: LoadRun) -> Bool {
            (run.clients, run.rule, run.hasLongPrompts) == (self.clients, self.rule, self.hasLongPrompts)
        }

        var reference: Self {
            var place = self
            place.rule = LoadCell.reference
            return place
        }
    }

    private init(_ place: Place, _ runs: [LoadRun], references: [LoadRun]) {
        let drafting = runs.compactMap(\.figures.speculation)
        func sum(_ value: (LoadFigures.Drafting) -> Int) -> Double { Double(drafting.reduce(0) { $0 + value($1) }) }
        func share(_ part: Double, _ whole: Double) -> Double? { whole > 0 ? part / whole : nil }

        (self.clients, self.rule, self.hasLongPrompts) = (place.clients, place.rule, place.hasLongPrompts)
        self.repetitions = runs.count
        self.tokensPerSecond = Self.rate(runs)
        self.timePerToken = Latencies(summing: runs.compactMap(\.figures.timePerToken))
        self.clientTimePerToken = Latencies(summing: runs.compactMap(\.figures.clientTimePerToken))
        self.timeToFirstToken = Latencies(summing: runs.compactMap(\.figures.timeToFirstToken))
        self.interToken = Latencies(summing: runs.compactMap(\.figures.interToken))
        self.passSeconds = median(drafting.compactMap(\.passSeconds))
        self.acceptanceRate = share(sum(\.acceptedTokens), sum(\.draftTokens))
        self.acceptanceLength = share(sum(\.tokens), sum(\.targetPasses))
        self.draftTokensPerPass = share(sum(\.draftTokens), sum(\.targetPasses))
        self.comparedTexts = runs.reduce(0) { $0 + $1.comparedTexts }
        self.differentTexts = runs.reduce(0) { $0 + $1.differentTexts }
        self.longPrompt = Latencies(summing: runs.compactMap(\.longPrompt))

        let pairs = runs.compactMap { run in
            references.first { $0.repetition == run.repetition && $0.figures.tokens > 0 }.map {
                (run: run, reference: $0)
            }
        }
        guard !pairs.isEmpty else { return }
        let ratios = pairs.map { Self.rate([$0.run]) / Self.rate([$0.reference]) }
        self.ratio = Self.rate(pairs.map(\.run)) / Self.rate(pairs.map(\.reference))
        (self.ratioLow, self.ratioHigh) = (ratios.min(), ratios.max())
    }

    private static func rate(_ runs: [LoadRun]) -> Double {
        runs.reduce(0) { $0 + $1.figures.tokens } / runs.reduce(0) { $0 + $1.figures.seconds }
    }
}
