public import ForetokenLinks
public import ForetokenWire
public import Logging
internal import Speculation
public import Tracing

/// What all services have in common.
public struct ServiceSettings: Sendable {
    /// Where others reach the service, when the coordinator's own way to it is not theirs; may be empty.
    public var advertisedAddress: String
    /// Peers are greeted with this interval; silence of nearly two of them loses a peer.
    public var heartbeatMilliseconds: UInt32
    public var logger: Logger
    /// Finds the addresses of members and coordinators that are named.
    public var resolver: Resolver
    /// Records a span for each text; `nil`: none are, and what traces requests bring is passed on.
    public var tracer: (any Tracer)?

    public init(
        logger: Logger, advertisedAddress: String = "",
        heartbeatMilliseconds: UInt32 = UInt32(Peer.heartbeat * 1000), resolver: Resolver = .system,
        tracer: (any Tracer)? = nil
    ) {
        self.resolver = resolver
        self.tracer = tracer
        self.logger = logger
        self.advertisedAddress = advertisedAddress
        self.heartbeatMilliseconds = heartbeatMilliseconds
    }

    /// Seconds between two looks at whose key is revoked, at what was refused, and at what gauges show.
    static let lookInterval = 1.0

    /// Seconds between two looks at who is silent.
    var tick: Double { Double(self.heartbeatMilliseconds) / 1000 / 16 }

    /// What a service tells of itself, under a new name for each start.
    ///
    /// - Parameter identity: whose key the service has.
    func peer(role: Role, of identity: Identity?, model: ModelDescription? = nil, slots: Int = 0) -> Peer {
        Peer(
            role: role, name: Peer.newName(role, of: identity), model: model,
            heartbeatMilliseconds: self.heartbeatMilliseconds, address: self.advertisedAddress, slots: slots)
    }
}
