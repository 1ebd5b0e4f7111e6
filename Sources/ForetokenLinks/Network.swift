public import Executors
public import ForetokenWire

/// Makes loops, and links that live on them: over ZeroMQ, or within the process for tests.
public protocol Network: Sendable {
    /// Whose key its links have; `nil` where they have none.
    var identity: Identity? { get }

    /// A loop that this network's links can live on.
    func makeLoop(name: String) -> any Loop

    /// Waits for peers at `address` (`tcp://*:0` and `tcp://127.0.0.1:0` take a free port). On the loop only.
    ///
    /// - Parameter handler: called on the loop with all that comes.
    /// - Throws: `LinkError`, such as an address in use.
    func listen(
        at address: String, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link

    /// Does the same for a service that takes short messages alone.
    ///
    /// - Parameter bytes: of a message at most; whoever sends a longer one is cut off.
    func listen(
        at address: String, atMost bytes: Int, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link

    /// Reaches for the one peer at `address`, now and again after every loss; succeeds though nobody is there yet.
    /// On the loop only.
    func connect(
        to address: String, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link

    /// Does the same, and where there are keys reaches nobody but whom it expects. An address may begin with the name
    /// of whom that is, as `edge-7@tcp://10.0.0.7:7002`.
    func connect(
        to address: String, expecting peer: ExpectedPeer, on loop: any Loop,
        handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link

    /// Looks whether an address can be reached for, without doing it.
    ///
    /// - Throws: what `connect` would.
    func check(_ address: String, expecting peer: ExpectedPeer) throws(LinkError)

    /// Whether a peer that came in may stay: its key may be revoked, or have another role now. From any thread.
    func isMember(_ identity: Identity) -> Bool

    /// What has happened at the door since this was last asked. From any thread.
    func takeNews() -> SecurityNews
}

/// A network without keys and sockets.
extension Network {
    public func listen(
        at address: String, atMost bytes: Int, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        try self.listen(at: address, on: loop, handler: handler)
    }

    public func connect(
        to address: String, expecting peer: ExpectedPeer, on loop: any Loop,
        handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        try self.connect(to: address, on: loop, handler: handler)
    }

    public func check(_ address: String, expecting peer: ExpectedPeer) throws(LinkError) {}

    public var identity: Identity? { nil }

    public func isMember(_ identity: Identity) -> Bool { true }

    public func takeNews() -> SecurityNews { SecurityNews() }
}

extension Network {
    /// Where a peer is reached that tells an address of its own.
    ///
    /// - Parameters:
    ///   - told: its host may be a wildcard, for the one that the connection comes from.
    ///   - link: that it has greeted on.
    /// - Throws: `LinkError.badAddress`, with words for whoever runs the peer.
    public func reached(_ told: String, greeting link: any Link) throws(LinkError) -> String {
        // Networks of tests have addresses of their own.
        guard let listening = try? Address(link.address, listening: true) else { return told }
        return try Address(told, listening: true).reached(from: link.greeter, by: listening).text
    }
}

/// One end of a link: many peers where it listens, one where it connects. Used on its loop only.
///
/// It lives until it is closed, whoever else forgets it; so close it before its loop stops.
public protocol Link: AnyObject, Sendable {
    /// Where it listens, with the port it really has; or what it connects to.
    var address: String { get }

    /// The host that the latest greeting came from, as a number; `nil` where the transport does not tell.
    var greeter: String? { get }

    /// Hands a message over without waiting; after `close` everyone is unreachable.
    func send(_ envelope: Envelope, to peer: PeerID) -> SendResult

    /// Ends the link; what is not sent yet is lost. The handler is not called again.
    func close()
}

extension Link {
    public var greeter: String? { nil }
}

public enum SendResult: Equatable, Sendable {
    /// Taken over by the link, with its size on the wire.
    case sent(bytes: Int)
    /// There is no connection to the peer.
    case unreachable
    /// The peer does not take what was sent before, or the message is longer than `Envelope.maximumSize`; it is dropped.
    case full

    public var isSent: Bool { if case .sent = self { true } else { false } }
}

public enum LinkEvent: Sendable {
    /// A connecting link has a connection to its peer, the first or another one, which knows nothing of what was said over
    /// the one before. A link within one process may never say so, and be connected from the beginning.
    case connected
    /// The connection to a peer has ended; whatever it sent before comes before this, as far as it is not lost. A
    /// connecting link says so of a connection that came to nothing, too.
    case disconnected(PeerID)
    /// - Parameter bytes: its size on the wire.
    case message(Envelope, from: PeerID, bytes: Int)
    /// Something came that is not a valid message; it was dropped.
    ///
    /// - Parameter call: the number of the call that it belongs to, where that can be told; else 0.
    case malformed(WireError, from: PeerID, call: UInt64)
    /// Something came from a peer whose key is not listed any more; it was dropped.
    case unlisted(key: String)
    /// A connecting link cannot reach for its peer so far, as where a name does not resolve; it tries on.
    ///
    /// - Parameter reason: for people; `nil` where it can again.
    case unreachable(reason: String?)
}
