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
    /// How a connecting link makes its socket anew; `nil` where it listens.
    private let dialing: Dialing?
    private var redial: Redial?
    /// Whether it has told that there is no way to its peer.
    private var isObstructed = false
    /// Whom a connecting link with keys reaches.
    private var server: Identity?
    private var socket: Socket?
    private var watch: SocketLoop.Watch?
    private var isClosed = false
    private var order: LinkOrder
    /// A message that waits until all that has happened to connections before it is taken in.
    private var held: (LinkEvent, Int32?)?

    private(set) var greeter: String?

    /// Messages taken in one go, before the loop's other work has its turn.
    private static let batch = 64

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
        self.dialing = nil
        self.order = LinkOrder(listens: true)
        self.watch = loop.watch(socket) { self.ready() }
        self.socket = consume socket
    }

    /// Makes a connecting link.
    init(
        to address: String, on loop: SocketLoop, member: ((String) -> Identity?)?, _ dialing: Dialing,
        _ handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) {
        self.address = address
        self.loop = loop
        self.listens = false
        self.handler = handler
        self.member = member
        self.refused = nil
        self.dialing = dialing
        self.order = LinkOrder(listens: false)
        // libzmq tells nothing of links within the process.
        var redial = Redial(
            address, isName: dialing.resolver.isName(address), isConnected: address.hasPrefix("inproc:"))
        self.server = try dialing.identify()
        let step = redial.start()
        self.redial = redial
        if case .open(let place) = step { try self.open(place) } else { self.carryOut(step) }
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
        case .full:
            if !self.listens { self.takeNews() }
            return self.redial?.isConnected ?? true ? .full : .unreachable
        }
    }

    func close() {
        self.loop.checkIsolated()
        self.isClosed = true
        self.drop()
    }

    // MARK: What comes

    private func ready() {
        self.order.begin()
        self.takeEvents()
        for _ in 0..<Self.batch where self.order.hasRoom {
            guard let (event, descriptor) = self.held.take() ?? self.receive() else {
                return self.tell(self.order.drained())
            }
            if case .unlisted = event, !self.listens { return self.leave() }
            if self.order.isFirst(event, over: descriptor) {
                self.takeEvents()
                guard self.order.hasRoom else {
                    self.held = (event, descriptor)
                    break
                }
            }
            self.tell(self.order.received(event, over: descriptor))
        }
        // More may be unread, and comes before what is to be told of connections.
        if !self.order.hasRoom || self.order.isWaiting { self.loop.execute { [weak self] in self?.ready() } }
    }

    private func tell(_ events: [LinkEvent]) {
        // The handler may close the link.
        for event in events where self.socket != nil { self.handler(event) }
    }

    /// Takes in what happened to connections.
    private func takeEvents() {
        // An error here is one of libzmq's: there is nothing to take now.
        while self.order.hasRoom, self.socket != nil, let event = (try? self.socket!.nextEvent()) ?? nil {
            if case .failed(let failure) = event { self.refused?(failure) }
            self.change { $0.happened(event, now: $1) }
            self.tell(self.order.happened(event))
        }
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
            if case .hello = envelope.body { self.greeter = received.sender }
            return .message(envelope, from: peer, bytes: received.payload.count)
        } catch {
            return .malformed(error, from: peer, call: call)
        }
    }

    // MARK: Connecting

    /// Takes in what happened to the connection meanwhile; it is told in its turn.
    private func takeNews() {
        self.takeEvents()
        if self.order.isWaiting { self.loop.execute { [weak self] in self?.ready() } }
    }

    /// Tells what happened to whoever decides when the socket is made anew, and keeps time for it.
    @discardableResult
    private func change<Result>(_ body: (inout Redial, Double) -> Result) -> Result? {
        guard let former = self.redial?.dueAt else { return nil }
        let result = body(&self.redial!, self.loop.now)
        let instant = self.redial!.dueAt
        if instant != former, instant < .infinity { self.loop.schedule(at: instant) { self.redial(at: instant) } }
        return result
    }

    private func redial(at instant: Double) {
        guard !self.isClosed else { return }
        self.takeNews()
        if let step = self.change({ redial, _ in redial.due(at: instant) }) { self.carryOut(step) }
    }

    private func carryOut(_ step: Redial.Step) {
        switch step {
        case .nothing: break
        case .ask: self.ask()
        case .unresolved: self.tell(obstacle: "\(self.host) does not resolve")
        case .open(let place):
            do throws(LinkError) {
                self.drop()
                self.server = try self.dialing?.identify()
                try self.open(place)
            } catch {
                // Whom it reached for is not listed any more, or not yet again.
                self.change { $0.failed(now: $1) }
            }
        }
    }

    /// Asks what a name stands for, while the loop goes on.
    private func ask() {
        guard let resolver = self.dialing?.resolver else { return }
        self.loop.schedule(at: self.loop.now + Redial.failureInterval) {
            guard !self.isClosed, self.redial?.isUnresolved == true else { return }
            self.tell(obstacle: "nobody has told yet what \(self.host) stands for")
        }
        Task { [loop, address, weak self] in
            let addresses = await resolver.addresses(address)
            loop.execute { [weak self] in self?.answered(by: addresses) }
        }
    }

    private func answered(by addresses: [String]) {
        guard !self.isClosed else { return }
        self.takeNews()
        if let step = self.change({ $0.answered(by: addresses, now: $1) }) { self.carryOut(step) }
    }

    private var host: String { (try? Address(self.address, listening: false))?.name ?? self.address }

    private func open(_ place: String) throws(LinkError) {
        guard let dialing else { return }
        let socket = try dialing.open(place, self.server)
        self.watch = self.loop.watch(socket) { self.ready() }
        self.socket = consume socket
        self.change { $0.opened(now: $1) }
        self.tell(obstacle: nil)
    }

    /// - Parameter reason: why there is no way to the peer so far; `nil` where there is one.
    private func tell(obstacle reason: String?) {
        guard reason != nil || self.isObstructed else { return }
        self.isObstructed = reason != nil
        self.handler(.unreachable(reason: reason))
    }

    /// Ends the connection to a peer whose key is not listed any more, and reaches for whoever is.
    private func leave() {
        self.drop()
        self.change { $0.failed(now: $1) }
        self.handler(.disconnected(.only))
    }

    private func drop() {
        if let watch = self.watch { self.loop.unwatch(watch) }
        self.watch = nil
        self.socket = nil
        self.held = nil
        self.order = LinkOrder(listens: self.listens)
    }
}
