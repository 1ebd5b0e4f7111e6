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
    /// Messages of a connecting link that wait for the connection, or for room in its queue.
    private var waiting: [[UInt8]] = []

    /// Messages that wait for a connection at most: enough for a greeting, too few to come back in a heap.
    private static let waitingLimit = 16
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
        self.watch = loop.watch(socket) { self.ready() }
        self.socket = consume socket
    }

    func send(_ envelope: Envelope, to peer: PeerID) -> SendResult {
        self.loop.checkIsolated()
        let bytes = envelope.encoded()
        guard bytes.count <= Envelope.maximumSize else { return .full }
        guard self.waiting.isEmpty else { return self.wait(bytes) }
        switch self.hand(bytes, to: peer) {
        case .sent: return .sent(bytes: bytes.count)
        case .full: return self.listens ? .full : self.wait(bytes)
        case .unreachable: return .unreachable
        }
    }

    func close() {
        self.loop.checkIsolated()
        if let watch = self.watch { self.loop.unwatch(watch) }
        self.watch = nil
        self.socket = nil
        self.waiting = []
    }

    private func hand(_ bytes: [UInt8], to peer: PeerID) -> SendOutcome {
        guard self.socket != nil else { return .unreachable }
        // Whatever else libzmq may say, the peer cannot be reached in this way.
        return (try? self.socket!.send(bytes, to: peer.bytes)) ?? .unreachable
    }

    /// Keeps a message until the socket takes it.
    private func wait(_ bytes: [UInt8]) -> SendResult {
        guard self.waiting.count < Self.waitingLimit else { return .full }
        if self.waiting.isEmpty, let watch = self.watch { self.loop.change(watch, to: .readableAndWritable) }
        self.waiting.append(bytes)
        return .sent(bytes: bytes.count)
    }

    private func ready() {
        if !self.waiting.isEmpty { self.sendWaiting() }
        for _ in 0..<Self.batch {
            guard let event = self.receive() else { return }
            self.handler(event)
        }
    }

    private func sendWaiting() {
        let sent = self.waiting.prefix { self.hand($0, to: .only) == .sent }.count
        self.waiting.removeFirst(sent)
        if self.waiting.isEmpty, let watch = self.watch { self.loop.change(watch, to: .readable) }
    }

    /// The next event; `nil` when nothing is there, or the handler has closed the link.
    private func receive() -> LinkEvent? {
        guard self.socket != nil else { return nil }
        // An error here is one of libzmq's, not of a message: there is nothing to take now.
        return (try? self.socket!.receive { self.read($0) }) ?? nil
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
