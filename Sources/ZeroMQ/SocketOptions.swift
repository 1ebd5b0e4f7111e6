/// How a socket deals with its peers. The defaults suit a server on an open network.
public struct SocketOptions: Sendable {
    /// Messages queued for one peer at most.
    public var highWaterMark = 1000
    /// Messages queued from one peer at most, before they are received; what more it sends stays on its side.
    public var receiveHighWaterMark = 1000
    /// Bytes of a frame at most; a peer that sends more is cut off before memory is taken.
    public var maximumFrameSize = 8 << 20
    /// Seconds that closing may go on sending what is queued.
    public var linger = 0.0
    /// Whole seconds without a word of the other machine after which a connection is at an end: the system looks after
    /// it, by TCP's keep-alive. A process that is only frozen still has a machine that answers.
    public var patience = 6
    /// Seconds to the first attempt after a loss, doubled until the second.
    public var reconnect = 0.05
    public var reconnectMaximum = 1.0
    /// The name by which routers know a dealer, also after a reconnect. 1 to 255 bytes, the first not 0.
    public var routingID: [UInt8]?
    /// Which side of an encryption it is; `nil`: everything is sent as it is.
    public var curve: Curve.Side?
    /// Connections that may wait to be accepted; the system may allow fewer.
    public var backlog = 4096
    /// Whether host names and `[…]` may mean IPv6.
    public var ipv6 = false

    /// Whether the socket tells what happens to its connections; whoever asks for it has to take `nextEvent`, for what is
    /// not taken is kept.
    public var isMonitored = false

    public init() {}
}
