/// Finds the fixed lookahead that would commit most tokens in a second, from what finished requests measured; where it
/// is 0, no draft pays.
///
/// At acceptance rate a, a block of n tokens commits (1 - a^(n+1)) / (1 - a) tokens on average (arXiv 2211.17192), in
/// the time of n draft tokens, one round trip and one pass of n + 1 rows. Lookahead 0 is the target alone, without
/// draft and network.
public struct LookaheadTuner: Equatable, Sendable {
    /// Accepted of drafted tokens, judged by the first rejection of each block.
    public var acceptanceRate: Double { self.accepted / self.judged }
    /// Time of one draft token.
    public private(set) var draftToken: Seconds = 0
    public private(set) var roundTrip: Seconds = 0

    // Sums over requests, older ones fading; they begin as a weak prior.
    private var accepted = 7.0
    private var judged = 10.0
    private var weight = 0.0
    private var rows = 0.0
    private var seconds = 0.0
    private var rowsSquared = 0.0
    private var rowsSeconds = 0.0

    /// Lookahead at most.
    public static let most = 16

    public init() {}

    /// Takes a finished request.
    public mutating func learn(_ statistics: Statistics) {
        guard statistics.targetPasses > 1, statistics.passMicroseconds > 0 else { return }
        let fade = 0.9
        // The first pass is the prefill's, and its time is not among the passes'.
        let passes = Double(statistics.targetPasses - 1)
        let rows = 1 + Double(statistics.draftTokens) / passes
        let seconds = Seconds(statistics.passMicroseconds) * 1e-6 / passes
        self.weight = self.weight * fade + 1
        self.rows = self.rows * fade + rows
        self.seconds = self.seconds * fade + seconds
        self.rowsSquared = self.rowsSquared * fade + rows * rows
        self.rowsSeconds = self.rowsSeconds * fade + rows * seconds
        guard statistics.rounds > 0, statistics.draftTokens > 0 else { return }
        self.accepted = self.accepted * fade + Double(statistics.acceptedTokens)
        self.judged = self.judged * fade + Self.judged(statistics)
        let drafting = Seconds(statistics.draftingMicroseconds) * 1e-6 / Double(statistics.draftTokens)
        self.draftToken = self.draftToken == 0 ? drafting : self.draftToken + (drafting - self.draftToken) * (1 - fade)
        self.roundTrip = Seconds(statistics.roundTripMicroseconds) * 1e-6
    }

    /// How many draft tokens met a judgement: the accepted ones, and the first rejected one of each block.
    ///
    /// Only sums are known, so this takes the constant acceptance at which blocks of the mean length n have the mean
    /// accepted run, a + a^2 + … + a^n, and divides the accepted tokens by it.
    private static func judged(_ statistics: Statistics) -> Double {
        let length = Double(statistics.draftTokens) / Double(statistics.rounds)
        let run = Double(statistics.acceptedTokens) / Double(statistics.rounds)
        guard run > 0 else { return Double(statistics.rounds) }
        guard run < length else { return Double(statistics.draftTokens) }
        var (low, high) = (0.0, 1.0)
        for _ in 0..<40 {
            let a = (low + high) / 2
            let expected = a * (1 - exponential(length * naturalLogarithm(a))) / (1 - a)
            if expected < run { low = a } else { high = a }
        }
        return Double(statistics.acceptedTokens) / high
    }

    /// Time of a pass of one row.
    public var pass: Seconds { self.passTime.first }
    /// Time of one more row; a seventh of a pass of one row while rows have hardly differed.
    public var row: Seconds { self.passTime.more }

    /// The least-squares line through time over rows.
    private var passTime: (first: Seconds, more: Seconds) {
        guard self.weight > 0 else { return (0, 0) }
        let mean = self.seconds / self.weight
        let moreRows = self.rows / self.weight - 1
        let spread = self.weight * self.rowsSquared - self.rows * self.rows
        if spread > 0.05 * self.weight * self.weight {
            let more = max(0, (self.weight * self.rowsSeconds - self.rows * self.seconds) / spread)
            if mean > more * moreRows { return (mean - more * moreRows, more) }
        }
        let first = mean / (1 + moreRows / 7)
        return (first, first / 7)
    }

    /// Tokens a second at a lookahead.
    public func rate(at lookahead: Int) -> Double {
        guard lookahead > 0 else { return 1 / self.pass }
        let a = min(self.acceptanceRate, 0.999)
        var committed = 0.0
        var survival = 1.0
        for _ in 0...lookahead {
            committed += survival
            survival *= a
        }
        let n = Double(lookahead)
        return committed / (n * self.draftToken + self.roundTrip + self.pass + n * self.row)
    }

    /// The best lookahead; 4 before anything is measured.
    public var lookahead: Int {
        guard self.pass > 0, self.draftToken > 0 else { return 4 }
        return (0...Self.most).max { self.rate(at: $0) < self.rate(at: $1) }!
    }
}
