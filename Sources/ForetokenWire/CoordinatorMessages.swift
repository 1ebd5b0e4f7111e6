public import Speculation

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
    /// What a target reported last.
    public var target: TargetReport?
    /// What a draft reported last, for each of its targets by the coordinator's address of it.
    public var drafts: [DraftReport]
    /// On what terms a draft serves each target.
    public var pairs: [PairTerms]
    public var source: Source

    /// How it became a member.
    public enum Source: Equatable, Sendable {
        case listed, registered
        /// A listed name stands for it.
        case name(String)
    }

    public init(
        address: String, reachable: Bool, reason: String = "", peer: Peer? = nil, load: Load = Load(),
        roundTripMicroseconds: UInt64 = 0, target: TargetReport? = nil, drafts: [DraftReport] = [],
        pairs: [PairTerms] = [], source: Source = .listed
    ) {
        self.address = address
        self.reachable = reachable
        self.reason = reason
        self.peer = peer
        self.load = load
        self.roundTripMicroseconds = roundTripMicroseconds
        self.target = target
        self.drafts = drafts
        self.pairs = pairs
        self.source = source
    }
}

public struct Description: Equatable, Sendable {
    public var targets: [Member]
    public var drafts: [Member]
    public var load: Load

    public init(targets: [Member] = [], drafts: [Member] = [], load: Load = Load()) {
        self.targets = targets
        self.drafts = drafts
        self.load = load
    }
}
