internal import ForetokenWire
internal import ZeroMQ

/// Decides in which order a link tells of messages and of connections, which libzmq tells in two queues.
///
/// libzmq puts the beginning of a connection into the one queue before its first message into the other, and the end
/// behind its last message. So whatever happened to connections is taken in before messages are read, and before a
/// connection's first message is told; ends wait until no message is left. That gives:
/// - An end is told after all that came over the connection, unless its descriptor is another connection's already.
/// - An end is never told of a peer that has come back, nor of who uses the same descriptor now.
/// - A connecting link tells of a connection before the welcome that came over it.
/// - What one turn does is bounded, however many strangers come and go.
///
/// A value without sockets. The link tells its handler what is returned, in order.
struct LinkOrder {
    /// What is taken in of connections in one turn at most.
    static let mostEvents = 256

    private let listens: Bool
    /// How much was taken in since the turn began.
    private var taken = 0
    /// Who speaks over which connection of a listening link.
    private var descriptors = Descriptors()
    /// Connections of a listening link that have ended, and whose last messages may be unread.
    private var ended: Set<Int32> = []
    /// What a connecting link has to tell of its connection once all is read that came before.
    private var news: [LinkEvent] = []

    init(listens: Bool) {
        self.listens = listens
    }

    mutating func begin() { self.taken = 0 }

    /// Whether more of connections is to be taken in now. Where it is not, some may be left, and messages be of
    /// connections that are not heard of yet: they wait for the next turn.
    var hasRoom: Bool { self.taken < Self.mostEvents }

    /// Whether there is something to tell once no message is left.
    var isWaiting: Bool { !self.ended.isEmpty || !self.news.isEmpty }

    /// Takes in what happened to a connection.
    mutating func happened(_ event: SocketEvent) -> [LinkEvent] {
        self.taken += 1
        switch event {
        case .failed: return []
        case .connected:
            self.news.append(.connected)
            return []
        case .accepted(let descriptor):
            // Whoever had it is gone, whether that was told or not; and what comes over it may be another's from now on.
            return self.end(descriptor)
        case .disconnected(let descriptor):
            if self.listens { self.ended.insert(descriptor) } else { self.news.append(.disconnected(.only)) }
            return []
        }
    }

    /// Whether a message may be the first of its connection: all that has happened is to be taken in before it.
    func isFirst(_ event: LinkEvent, over descriptor: Int32?) -> Bool {
        guard self.listens else { return event.isWelcome }
        guard let descriptor, let peer = event.peer else { return false }
        // Whoever comes back has the same name, and may have the same descriptor, but has to greet again.
        return event.isHello || !self.descriptors.peers(over: descriptor).contains(peer)
    }

    /// A message was read.
    mutating func received(_ event: LinkEvent, over descriptor: Int32?) -> [LinkEvent] {
        if let descriptor, let peer = event.peer, self.descriptors.heard(peer, over: descriptor) {
            return [.disconnected(peer), event]
        }
        // The end of the connection that it came over may be told already, and is behind it.
        guard event.isWelcome, let index = self.news.lastIndex(where: \.isConnected) else { return [event] }
        defer { self.news.removeSubrange(...index) }
        return self.news[...index] + [event]
    }

    /// No message is left.
    mutating func drained() -> [LinkEvent] {
        var events = self.news
        for descriptor in self.ended { events += self.end(descriptor) }
        self.news = []
        return events
    }

    private mutating func end(_ descriptor: Int32) -> [LinkEvent] {
        self.ended.remove(descriptor)
        return self.descriptors.end(descriptor).map { .disconnected($0) }
    }
}

extension LinkEvent {
    /// Who sent it.
    fileprivate var peer: PeerID? {
        switch self {
        case .message(_, let peer, _), .malformed(_, let peer, _): peer
        case .connected, .disconnected, .unreachable, .unlisted: nil
        }
    }

    fileprivate var isConnected: Bool { if case .connected = self { true } else { false } }

    fileprivate var isHello: Bool {
        if case .message(let envelope, _, _) = self, case .hello = envelope.body { true } else { false }
    }

    /// Whether it is the answer to a greeting.
    fileprivate var isWelcome: Bool {
        if case .message(let envelope, _, _) = self, case .welcome = envelope.body { true } else { false }
    }
}
