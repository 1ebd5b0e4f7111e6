public import Speculation

/// The version of the messages; peers of another version are refused.
public let protocolVersion: UInt32 = 3

public enum Role: String, Sendable, CaseIterable {
    case client, coordinator, target, draft
}

/// Who is on the other side of a connection.
public struct Peer: Equatable, Sendable {
    public var role: Role
    /// One name for each start of a process: a restarted service is another peer.
    public var name: String
    public var software: String
    public var model: ModelDescription?
    /// Pings come at every half of it; silence of `silence` of these means the peer is lost.
    public var heartbeatMilliseconds: UInt32
    /// Where others reach this service when that is not where the coordinator reaches it; may be empty. Of a target or a
    /// draft that registers with a coordinator: where it is reached.
    public var address: String
    /// Sequences it can hold at once; 0 where it holds none.
    public var slots: Int

    /// Seconds of a heartbeat, where nobody says otherwise. A process that dies is noticed by the end of its connection; this
    /// is for those that freeze, and for networks that are cut.
    public static let heartbeat = 0.5

    /// Heartbeats of silence after which a peer is lost: pings come at every half, so more than two of them are missing.
    public static let silence = 1.75

    public init(
        role: Role, name: String, software: String = "foretoken/0.1.0", model: ModelDescription? = nil,
        heartbeatMilliseconds: UInt32 = UInt32(Peer.heartbeat * 1000), address: String = "", slots: Int = 0
    ) {
        self.role = role
        self.name = name
        self.software = software
        self.model = model
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.address = address
        self.slots = slots
    }
}

/// First message of the connecting side.
public struct Hello: Equatable, Sendable {
    public var protocolVersion: UInt32
    public var peer: Peer

    public init(protocolVersion: UInt32 = ForetokenWire.protocolVersion, peer: Peer) {
        self.protocolVersion = protocolVersion
        self.peer = peer
    }
}

/// The listening side's answer; a refusal is a `Status` instead.
public struct Welcome: Equatable, Sendable {
    public var protocolVersion: UInt32
    public var peer: Peer

    public init(protocolVersion: UInt32 = ForetokenWire.protocolVersion, peer: Peer) {
        self.protocolVersion = protocolVersion
        self.peer = peer
    }
}

public struct Ping: Equatable, Sendable {
    public var sentMicroseconds: UInt64

    public init(sentMicroseconds: UInt64) {
        self.sentMicroseconds = sentMicroseconds
    }
}

/// How much of a service is in use, and whether it can be used further.
public struct Load: Equatable, Sendable {
    public var slots: Int
    public var sequences: Int
    public var waiting: Int
    /// Whether it is shutting down: it begins nothing more, and what it has is better moved.
    public var isLeaving: Bool
    /// Share of the KV cells that sequences hold, 0 to 1; of a coordinator, of all its targets.
    public var kvUsage: Float

    public init(
        slots: Int = 0, sequences: Int = 0, waiting: Int = 0, isLeaving: Bool = false, kvUsage: Float = 0
    ) {
        self.slots = slots
        self.sequences = sequences
        self.waiting = waiting
        self.isLeaving = isLeaving
        self.kvUsage = kvUsage
    }
}

public struct Pong: Equatable, Sendable {
    public var sentMicroseconds: UInt64
    public var load: Load
    /// To a coordinator or a draft, from a target that has had a pass.
    public var target: TargetReport?
    /// To a coordinator, from a draft: one for each target that it drafted for.
    public var drafts: [DraftReport]
    /// To a coordinator: what the service has refused since its start; a reason is not there before the first time.
    public var refusals: [RefusalReason: Int]

    public init(
        sentMicroseconds: UInt64 = 0, load: Load = Load(), target: TargetReport? = nil, drafts: [DraftReport] = [],
        refusals: [RefusalReason: Int] = [:]
    ) {
        self.sentMicroseconds = sentMicroseconds
        self.load = load
        self.target = target
        self.drafts = drafts
        self.refusals = refusals
    }
}
