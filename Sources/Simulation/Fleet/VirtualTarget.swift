internal import ForetokenWire
internal import Roles
internal import Speculation

/// A target on the virtual clock: what it does is decided by `TargetState`; its passes take what its costs say, and
/// choose what the texts say.
struct VirtualTarget {
    struct Counts: Equatable {
        var passes = 0
        /// Those of prefills too.
        var rows = 0
        /// One for each sequence in a pass that chose tokens.
        var parts = 0
        var tokens = 0
        var busy: Seconds = 0
    }

    let index: Int
    let address: String
    let plan: FleetPlan.Target
    private let endTokens: Set<Token>
    var state: TargetState
    var counts = Counts()
    private(set) var isUp = true
    private(set) var life = 0
    /// The pass that runs, and when it began.
    private(set) var passing: [TargetState.Part] = []
    private var passingSince: Seconds = 0
    /// When the last message to each draft arrives, which the next does not overtake.
    var sentUntil: [Seconds]

    init(_ index: Int, _ plan: FleetPlan.Target, drafts: Int, endTokens: Set<Token>) {
        self.index = index
        self.address = "t\(index)"
        self.plan = plan
        self.endTokens = endTokens
        self.sentUntil = Array(repeating: 0, count: drafts)
        self.state = Self.state(plan, endTokens, index, life: 0)
    }

    private static func state(
        _ plan: FleetPlan.Target, _ endTokens: Set<Token>, _ index: Int, life: Int
    ) -> TargetState {
        let model = TargetModel(
            slots: plan.slots, maxRows: plan.maxRows, contextLength: .max >> 8, vocabularySize: .max,
            endOfGeneration: endTokens)
        // No two targets, and no two lives of one, have the same numbers.
        return TargetState(model: model, firstSequence: UInt64(index) << 40 | UInt64(life) << 32 | 1)
    }

    /// How it introduces itself.
    func peer(on cores: VirtualCores) -> Peer {
        Peer(
            role: .target, name: "\(self.address).\(self.life)", model: cores.model(of: self.index, weights: 1),
            slots: self.plan.slots)
    }

    /// - Returns: how long the pass takes on cores of its own.
    mutating func begin(_ parts: [TargetState.Part], now: Seconds) -> Seconds {
        (self.passing, self.passingSince) = (parts, now)
        return self.plan.costs.pass(
            rows: parts.reduce(0) { $0 + $1.entry.pass.rowCount }, cells: self.state.cellsOfOthers)
    }

    /// Takes the pass that has ended, and how long it took.
    mutating func endPass(now: Seconds) -> (parts: [TargetState.Part], seconds: Seconds) {
        let seconds = now - self.passingSince
        self.counts.passes += 1
        self.counts.rows += self.passing.reduce(0) { $0 + $1.entry.pass.rowCount }
        self.counts.busy += seconds
        defer { self.passing.removeAll(keepingCapacity: true) }
        return (self.passing, seconds)
    }

    // MARK: Failures

    mutating func fail() {
        self.isUp = false
        self.life += 1
        self.passing = []
        self.sentUntil = self.sentUntil.map { _ in 0 }
        self.state = Self.state(self.plan, self.endTokens, self.index, life: self.life)
    }

    mutating func comeBack() { self.isUp = true }
}
