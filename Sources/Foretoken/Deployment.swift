internal import ForetokenWire
internal import Speculation

/// What a coordinator knows of its targets and drafts.
public struct Deployment: Equatable, Sendable {
    public var targets: [Member]
    public var drafts: [Member]
    /// Requests at the coordinator.
    public var load: Load
    public var tuning: Tuning

    /// A target or a draft as the coordinator sees it.
    public struct Member: Equatable, Sendable {
        public var address: String
        public var isReachable: Bool
        /// Why it cannot be used, where it cannot.
        public var reason: String
        /// One name for each start of the process; empty while it was never reached.
        public var name: String
        /// Name of its model; empty while it was never reached.
        public var model: String
        /// Parameters of its model.
        public var parameters: UInt64
        /// Tokens that one of its slots holds.
        public var contextLength: Int
        public var load: Load
        /// Between coordinator and member, in seconds.
        public var roundTripSeconds: Double
    }

    public struct Load: Equatable, Sendable {
        /// Sequences that can be held at once.
        public var slots: Int
        /// Sequences that are held.
        public var sequences: Int
        /// Requests that wait for a slot.
        public var waiting: Int
    }

    /// What the coordinator has measured, and the fixed lookahead it would choose from that.
    public struct Tuning: Equatable, Sendable {
        /// Accepted of drafted tokens.
        public var acceptanceRate: Double
        /// Of one draft token.
        public var draftTokenSeconds: Double
        /// Of a pass of one row at the target.
        public var passSeconds: Double
        /// Of one more row.
        public var rowSeconds: Double
        /// Between draft and target.
        public var roundTripSeconds: Double
        /// Draft tokens in a block.
        public var lookahead: Int
    }
}

extension Deployment {
    init(_ description: Description) {
        self.targets = description.targets.map { Member($0) }
        self.drafts = description.drafts.map { Member($0) }
        self.load = Load(description.load)
        let tuning = description.tuning
        self.tuning = Tuning(
            acceptanceRate: tuning.acceptanceRate, draftTokenSeconds: tuning.draftTokenMicroseconds * 1e-6,
            passSeconds: tuning.passMicroseconds * 1e-6, rowSeconds: tuning.rowMicroseconds * 1e-6,
            roundTripSeconds: tuning.roundTripMicroseconds * 1e-6, lookahead: tuning.lookahead)
    }
}

extension Deployment.Member {
    init(_ member: ForetokenWire.Member) {
        self.init(
            address: member.address, isReachable: member.reachable, reason: member.reason,
            name: member.peer?.name ?? "", model: member.peer?.model?.name ?? "",
            parameters: member.peer?.model?.parameters ?? 0, contextLength: member.peer?.model?.contextLength ?? 0,
            load: .init(member.load), roundTripSeconds: Double(member.roundTripMicroseconds) * 1e-6)
        // Before the first heartbeat is answered, what it said at the greeting.
        if self.load.slots == 0 { self.load.slots = member.peer?.slots ?? 0 }
    }
}

extension Deployment.Load {
    init(_ load: ForetokenWire.Load) {
        self.init(slots: load.slots, sequences: load.sequences, waiting: load.waiting)
    }
}
