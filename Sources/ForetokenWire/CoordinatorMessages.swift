public struct GenerateRequest: Equatable, Sendable {
    public var request: Request

    public init(request: Request) {
        self.request = request
    }
}

/// A target or a draft as the coordinator sees it.
public struct Member: Equatable, Sendable {
    public var address: String
    public var reachable: Bool
    /// Why not, when it is not.
    public var reason: String
    public var peer: Peer?
    public var load: Load
    public var roundTripMicroseconds: UInt64

    public init(
        address: String, reachable: Bool, reason: String = "", peer: Peer? = nil, load: Load = Load(),
        roundTripMicroseconds: UInt64 = 0
    ) {
        self.address = address
        self.reachable = reachable
        self.reason = reason
        self.peer = peer
        self.load = load
        self.roundTripMicroseconds = roundTripMicroseconds
    }
}

/// What the coordinator has measured, and the fixed lookahead it would choose from that.
public struct Tuning: Equatable, Sendable {
    public var acceptanceRate: Double
    public var draftTokenMicroseconds: Double
    public var passMicroseconds: Double
    public var rowMicroseconds: Double
    public var roundTripMicroseconds: Double
    public var lookahead: Int

    public init(
        acceptanceRate: Double = 0, draftTokenMicroseconds: Double = 0, passMicroseconds: Double = 0,
        rowMicroseconds: Double = 0, roundTripMicroseconds: Double = 0, lookahead: Int = 0
    ) {
        self.acceptanceRate = acceptanceRate
        self.draftTokenMicroseconds = draftTokenMicroseconds
        self.passMicroseconds = passMicroseconds
        self.rowMicroseconds = rowMicroseconds
        self.roundTripMicroseconds = roundTripMicroseconds
        self.lookahead = lookahead
    }
}

public struct Description: Equatable, Sendable {
    public var targets: [Member]
    public var drafts: [Member]
    public var load: Load
    public var tuning: Tuning

    public init(targets: [Member] = [], drafts: [Member] = [], load: Load = Load(), tuning: Tuning = Tuning()) {
        self.targets = targets
        self.drafts = drafts
        self.load = load
        self.tuning = tuning
    }
}
