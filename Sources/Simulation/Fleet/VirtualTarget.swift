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
    /// The pass that runs or is asked for, when it was, and how long it takes.
    private(set) var passing: [TargetState.Part] = []
    private var askedAt: Seconds = 0
    private var passSeconds: Seconds = 0
    private var noise: PassNoise
    /// When the last message to each draft arrives, which the next does not overtake.
    var sentUntil: [Seconds]

    init(_ index: Int, _ plan: FleetPlan.Target, drafts: Int, endTokens: Set<Token>, noise: PassNoise) {
        self.index = index
        self.address = "t\(index)"
        self.plan = plan
        self.endTokens = endTokens
        self.noise = noise
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
    func peer(on threads: VirtualThreads) -> Peer {
        Peer(
            role: .target, name: "\(self.address).\(self.life)", model: threads.model(of: self.index, weights: 1),
            slots: self.plan.slots)
    }

    /// - Returns: how long the pass takes.
    mutating func begin(_ parts: [TargetState.Part], now: Seconds) -> Seconds {
        (self.passing, self.askedAt) = (parts, now)
        let usual = self.plan.costs.pass(
            rows: parts.reduce(0) { $0 + $1.entry.pass.rowCount }, cells: self.state.cellsOfOthers)
        self.passSeconds = usual * self.noise.next()
        return self.passSeconds
    }

    /// Takes the pass that has ended, how long it took, and how long it waited for the thread.
    mutating func endPass(now: Seconds) -> (parts: [TargetState.Part], seconds: Seconds, queued: Seconds) {
        self.counts.passes += 1
        self.counts.rows += self.passing.reduce(0) { $0 + $1.entry.pass.rowCount }
        self.counts.busy += self.passSeconds
        defer { self.passing.removeAll(keepingCapacity: true) }
        let queued = now - self.askedAt - self.passSeconds
        return (self.passing, self.passSeconds, queued > 1e-9 ? queued : 0)
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
