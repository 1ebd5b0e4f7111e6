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
    /// Tells who has a key now; `nil` where the link has no keys.
    private let member: ((String) -> Identity?)?
    /// Hears of handshakes that failed, where the link listens and has keys.
    private let refused: ((SocketEvent.Failure) -> Void)?
    /// Makes a connecting link's socket anew; `nil` where it listens.
    private let reopen: Opening?
    /// Whom a connecting link with keys reaches.
    private var server: Identity?
    /// When the socket is made anew unless there is a connection by then.
    private var reopenAt = Double.infinity
    private var socket: Socket?
    private var watch: SocketLoop.Watch?
    private var isClosed = false
    /// Whether a connecting link has a connection.
    private var isConnected: Bool
    /// What happened to connections, and is not handled yet.
    private var events: [SocketEvent] = []
    /// Whether more has happened to connections than was taken in: messages may be of unknown ones, and wait.
    private var isBehind = false
    /// Who speaks over which connection of a listening link.
    private var descriptors = Descriptors()
    /// What is to be told once all is read that came before: of a connecting link, and of a listening one.
    private var news: [SocketEvent] = []
    private var ended: [Int32: [PeerID]] = [:]

    private(set) var greeter: String?

    /// Messages taken in one go, before the loop's other work has its turn.
    private static let batch = 64
    /// The same of what happened to connections: strangers may come and go at any rate.
    private static let mostEvents = 256

    /// Seconds without a connection after which a connecting link makes its socket anew. libzmq tries again by itself
    /// after most failures, but after one of the protocol, such as somebody else's at the address, it never does.
    private static let patience = 6.0
    /// The same after a failure of that kind.
    private static let failureInterval = 1.0

    /// Makes a socket that reaches for a peer, and tells who that is; `nil` where there are no keys.
    typealias Opening = (inout Identity?) throws(LinkError) -> Socket

    /// Makes a listening link.
    init(
        _ socket: consuming Socket, address: String, on loop: SocketLoop, member: ((String) -> Identity?)?,
        refused: ((SocketEvent.Failure) -> Void)?, _ handler: @escaping @Sendable (LinkEvent) -> Void
    ) {
        self.address = address
        self.loop = loop
        self.listens = true
        self.handler = handler
        self.member = member
        self.refused = refused
        self.reopen = nil
        self.isConnected = true
        self.watch = loop.watch(socket) { self.ready() }
        self.socket = consume socket
    }

    /// Makes a connecting link.
    init(
        to address: String, on loop: SocketLoop, member: ((String) -> Identity?)?,
        opening open: @escaping Opening, _ handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) {
        self.address = address
        self.loop = loop
        self.listens = false
        self.handler = handler
        self.member = member
        self.refused = nil
        self.reopen = open
        // libzmq tells nothing of links within the process.
        self.isConnected = address.hasPrefix("inproc:")
        try self.open()
    }

    private func open() throws(LinkError) {
        guard let reopen else { return }
        let socket = try reopen(&self.server)
        self.watch = self.loop.watch(socket) { self.ready() }
        self.socket = consume socket
        self.waitForConnection(Self.patience)
    }

    /// Makes the socket anew, unless there is a connection soon.
    private func waitForConnection(_ seconds: Double) {
        guard !self.listens, !self.isConnected else { return }
        let instant = self.loop.now + seconds
        guard instant < self.reopenAt else { return }
        self.reopenAt = instant
        self.loop.schedule(at: instant) { [weak self] in self?.reopenWhenDue(instant) }
    }

    private func reopenWhenDue(_ instant: Double) {
        guard self.reopenAt == instant, !self.isClosed else { return }
        self.reopenAt = .infinity
        guard !self.isStillConnected() else { return }
        self.drop()
        do throws(LinkError) {
            try self.open()
        } catch {
            // Whom it reached for is not listed any more, or not yet again.
            self.waitForConnection(Self.failureInterval)
        }
    }

    private func drop() {
        if let watch = self.watch { self.loop.unwatch(watch) }
        self.watch = nil
        self.socket = nil
        self.events = []
        self.news = []
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
        self.isClosed = true
        self.drop()
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
        if self.listens {
            for case .accepted(let descriptor) in events { self.ended[descriptor] = nil }
            self.ended.merge(self.ends(in: events)) { $1 }
        } else {
            self.news += events
        }
        if self.isBehind { return self.loop.execute { [weak self] in self?.ready() } }
        for _ in 0..<Self.batch {
            guard let (event, descriptor) = self.receive() else { return self.tellNews() }
            if case .unlisted = event, !self.listens { return self.leave() }
            if let descriptor, let peer = event.peer, self.descriptors.heard(peer, over: descriptor) {
                self.handler(.disconnected(peer))
            }
            // Whoever welcomes this side was greeted over the connection that it is told of here.
            if event.isWelcome { self.tellNews() }
            self.handler(event)
        }
        // More may be unread, and comes before the news.
        if !self.news.isEmpty || !self.ended.isEmpty { self.loop.execute { [weak self] in self?.ready() } }
    }

    /// Tells of the beginning and the end of connections.
    private func tellNews() {
        let (news, ended) = (self.news, self.ended)
        (self.news, self.ended) = ([], [:])
        if self.listens { return self.tell(ended) }
        for event in news where self.socket != nil {
            switch event {
            case .connected: self.handler(.connected)
            case .disconnected: self.handler(.disconnected(.only))
            case .accepted, .failed: break
            }
        }
    }

    /// Takes in what happened to connections.
    private func takeEvents() {
        // An error here is one of libzmq's: there is nothing to take now.
        self.isBehind = false
        while self.socket != nil {
            guard self.events.count < Self.mostEvents else {
                self.isBehind = true
                return
            }
            guard let event = (try? self.socket!.nextEvent()) ?? nil else { return }
            self.events.append(event)
            if case .failed(let failure) = event { self.failed(failure) }
            guard !self.listens else { continue }
            self.isConnected = event == .connected
            if self.isConnected { self.reopenAt = .infinity } else { self.waitForConnection(Self.patience) }
        }
    }

    private func failed(_ failure: SocketEvent.Failure) {
        if self.listens { self.refused?(failure) }
        // libzmq does not try again after these.
        if !self.listens, failure != .other {
            self.isConnected = false
            self.waitForConnection(Self.failureInterval)
        }
    }

    /// The connections of a listening link that have ended, and who spoke over each so far.
    private func ends(in events: [SocketEvent]) -> [Int32: [PeerID]] {
        var ends: [Int32: [PeerID]] = [:]
        for event in events {
            switch event {
            case .connected, .failed:
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
        // Strangers are most of those that come and go, so this costs the same for each, however many there are.
        let usedAgain = Set(
            self.events.compactMap { if case .accepted(let descriptor) = $0 { descriptor } else { nil } })
        for (descriptor, peers) in ends {
            let isAnothers = self.isBehind || usedAgain.contains(descriptor)
            for peer in isAnothers ? peers : self.descriptors.peers(over: descriptor) {
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
        return (try? self.socket!.receive { (self.note(self.read($0), $0), listens ? $0.descriptor : nil) }) ?? nil
    }

    private func note(_ event: LinkEvent, _ received: Received) -> LinkEvent {
        if case .message(let envelope, _, _) = event, case .hello = envelope.body { self.greeter = received.sender }
        return event
    }

    /// Ends the connection to a peer whose key is not listed any more, and reaches for whoever is.
    private func leave() {
        self.isConnected = false
        self.drop()
        self.waitForConnection(Self.failureInterval)
        self.handler(.disconnected(.only))
    }

    private func read(_ received: Received) -> LinkEvent {
        var identity: Identity?
        if let member {
            // Whom the connection was made to, or whom the doorman let in; as the list of members has them now.
            let key = self.server?.key ?? received.userID ?? ""
            identity = member(key)
            guard identity != nil, self.server == nil || self.server?.role == identity?.role else {
                return .unlisted(key: key)
            }
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

    /// Whether it is the answer to a greeting.
    fileprivate var isWelcome: Bool {
        if case .message(let envelope, _, _) = self, case .welcome = envelope.body { true } else { false }
    }
}
