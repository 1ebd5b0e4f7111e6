internal import Executors
internal import ForetokenWire
internal import ZeroMQ

/// A socket as a link: one frame is one envelope.
///
/// It lives until it is closed or its loop stops, whoever else forgets it.
///
/// `@unchecked Sendable`: all mutable state is used on the loop only, and every entry checks that.
final class ZeroMQLink: Link, @unchecked Sendable {
    let address: String

    private let loop: SocketLoop
    private let listens: Bool
    private let handler: @Sendable (LinkEvent) -> Void
    /// Tells who sends; `nil` where the link has no keys.
    private let identify: ((Received) -> Result<Identity, Unlisted>)?
    private var socket: Socket?
    private var watch: SocketLoop.Watch?
    /// Of a connecting link: whether it has a connection.
    private var isConnected: Bool
    /// What happened to connections, and is not handled yet.
    private var events: [SocketEvent] = []
    /// Of a listening link.
    private var descriptors = Descriptors()

    /// Messages taken in one go, before the loop's other work has its turn.
    private static let batch = 64

    /// A sender that is not a member any more.
    struct Unlisted: Error {
        var key: String
    }

    init(
        _ socket: consuming Socket, address: String, on loop: SocketLoop, listens: Bool,
        identify: ((Received) -> Result<Identity, Unlisted>)? = nil,
        _ handler: @escaping @Sendable (LinkEvent) -> Void
    ) {
        self.address = address
        self.loop = loop
        self.listens = listens
        self.handler = handler
        self.identify = identify
        // libzmq tells nothing of links within the process.
        self.isConnected = address.hasPrefix("inproc:")
        self.watch = loop.watch(socket) { self.ready() }
        self.socket = consume socket
    }

    func send(_ envelope: Envelope, to peer: PeerID) -> SendResult {
        self.loop.checkIsolated()
        let bytes = envelope.encoded()
        guard bytes.count <= Envelope.maximumSize else { return .full }
        guard self.socket != nil else { return .unreachable }
        // Whatever else libzmq may say, the peer cannot be reached in this way.
        switch (try? self.socket!.send(bytes, to: peer.bytes)) ?? .unreachable {
        case .sent: return .sent(bytes: bytes.count)
        case .unreachable: return .unreachable
        case .full: return self.listens || self.isStillConnected() ? .full : .unreachable
        }
    }

    func close() {
        self.loop.checkIsolated()
        if let watch = self.watch { self.loop.unwatch(watch) }
        self.watch = nil
        self.socket = nil
    }

    /// Whether a connecting link has a connection, the latest news considered; they are handled in their turn.
    private func isStillConnected() -> Bool {
        self.takeNews()
        return self.isConnected
    }

    /// Takes in what happened to connections, to be handled in its turn.
    private func takeNews() {
        self.takeEvents()
        if !self.events.isEmpty { self.loop.execute { [weak self] in self?.ready() } }
    }

    private func ready() {
        // News first, and handled last: what a peer sent before its end is here already.
        self.takeEvents()
        let events = self.events
        self.events.removeAll()
        let ends = self.listens ? self.ends(in: events) : [:]
        for _ in 0..<Self.batch {
            guard let (event, descriptor) = self.receive() else { break }
            if let descriptor, let peer = event.peer, self.descriptors.heard(peer, over: descriptor) {
                self.handler(.disconnected(peer))
            }
            self.handler(event)
        }
        if self.listens { return self.tell(ends) }
        for event in events where self.socket != nil {
            self.handler(event == .connected ? .connected : .disconnected(.only))
        }
    }

    /// Takes in what happened to connections.
    private func takeEvents() {
        // An error here is one of libzmq's: there is nothing to take now.
        while self.socket != nil, let event = (try? self.socket!.nextEvent()) ?? nil {
            if !self.listens { self.isConnected = event == .connected }
            self.events.append(event)
        }
    }

    /// The connections of a listening link that have ended, and who spoke over each so far.
    private func ends(in events: [SocketEvent]) -> [Int32: [PeerID]] {
        var ends: [Int32: [PeerID]] = [:]
        for event in events {
            switch event {
            case .connected:
                break
            case .accepted(let descriptor):
                // Whoever had it is gone, told or not; and what comes over it may be another's from now on.
                ends[descriptor] = nil
                for peer in self.descriptors.peers(over: descriptor) { self.tellEnd(of: peer, over: descriptor) }
            case .disconnected(let descriptor):
                ends[descriptor] = self.descriptors.peers(over: descriptor)
            }
        }
        return ends
    }

    /// Tells who is gone, after the last messages were read. These may be the first of their peer, too; but for a
    /// descriptor that has become another connection's meanwhile nobody knows whose they are.
    private func tell(_ ends: [Int32: [PeerID]]) {
        guard !ends.isEmpty else { return }
        self.takeNews()
        for (descriptor, peers) in ends {
            let isUsedAgain = self.events.contains(.accepted(descriptor: descriptor))
            for peer in isUsedAgain ? peers : self.descriptors.peers(over: descriptor) {
                self.tellEnd(of: peer, over: descriptor)
            }
        }
    }

    private func tellEnd(of peer: PeerID, over descriptor: Int32) {
        guard self.socket != nil, self.descriptors.end(peer, over: descriptor) else { return }
        self.handler(.disconnected(peer))
    }

    /// The next message, and the descriptor that it came over at a listening link; `nil` when nothing is there, or the
    /// handler has closed the link.
    private func receive() -> (LinkEvent, Int32?)? {
        guard self.socket != nil else { return nil }
        let listens = self.listens
        // An error here is one of libzmq's, not of a message: there is nothing to take now.
        return (try? self.socket!.receive { (self.read($0), listens ? $0.descriptor : nil) }) ?? nil
    }

    private func read(_ received: Received) -> LinkEvent {
        var identity: Identity?
        switch self.identify?(received) {
        case .success(let member): identity = member
        case .failure(let unlisted): return .unlisted(key: unlisted.key)
        case nil: break
        }
        let peer = PeerID(Array(received.peer), identity: identity)
        guard received.frames == 1, received.payload.count <= Envelope.maximumSize else {
            return .malformed(received.frames == 0 ? .malformed : .tooLarge(received.size), from: peer, call: 0)
        }
        var call: UInt64 = 0
        do {
            let envelope = try Envelope(decoding: received.payload, call: &call)
            return .message(envelope, from: peer, bytes: received.payload.count)
        } catch {
            return .malformed(error, from: peer, call: call)
        }
    }
}

extension LinkEvent {
    /// Who sent it.
    fileprivate var peer: PeerID? {
        switch self {
        case .message(_, let peer, _), .malformed(_, let peer, _): peer
        case .connected, .disconnected, .unlisted: nil
        }
    }
}
