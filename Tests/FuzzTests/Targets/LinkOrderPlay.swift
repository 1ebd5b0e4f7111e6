import ForetokenWire
import ZeroMQ

@testable import ForetokenLinks

extension FuzzTarget {
    /// A link whose peers come, speak, go and come back at any time, also while it reads.
    static let order = FuzzTarget("order", LinkOrderPlay.self)
}

/// What libzmq does to a link, and what the link makes of it.
private struct LinkOrderPlay: Play {
    struct Sent {
        var event: LinkEvent
        var connection: Int
    }

    /// One connection; its place in the list is its number.
    struct Connection {
        var peer: PeerID
        var descriptor: Int32
        var isOpen = true
        /// Whether its descriptor is another connection's already.
        var isReplaced = false
        var unread: [LinkEvent] = []
        var isEndTold = false
    }

    let listens: Bool
    /// What decides, while something happens; at the end nothing is left of it.
    var tape = Tape([])
    var order: LinkOrder
    var connections: [Connection] = []
    /// What happened to connections, and is not taken in yet.
    var happened: [SocketEvent] = []
    var held: Sent?
    /// The connection that each peer has last spoken over, until its end is told.
    var speaking: [PeerID: Int] = [:]
    var taken = 0
    var hasRead = false
    /// Connections that a connecting link has told of.
    var begun = 0

    static let descriptors: ClosedRange<Int32> = 5...8
    static let ping = Envelope(.ping(Ping(sentMicroseconds: 1)))

    init(_ tape: inout Tape) {
        self.listens = tape.bool()
        self.order = LinkOrder(listens: self.listens)
    }

    mutating func act(_ tape: inout Tape) throws(Broken) {
        swap(&self.tape, &tape)
        if self.tape.below(3) == 0 { try self.turn() } else { self.move() }
        swap(&self.tape, &tape)
    }

    mutating func end() throws(Broken) {
        // In the end all leave, and each descriptor is used once more.
        for connection in self.connections.indices { self.end(connection, isTold: true) }
        for descriptor in Self.descriptors where self.listens { self.knock(at: descriptor) }
        var turns = 0
        repeat {
            try self.turn()
            turns += 1
            try must(turns < 10_000, "never comes to an end")
        } while self.order.isWaiting || !self.order.hasRoom || !self.happened.isEmpty || self.isUnread
        try must(self.speaking.isEmpty, "the end of \(self.speaking.count) peers is never told")
    }

    var isUnread: Bool { self.held != nil || self.connections.contains { !$0.unread.isEmpty } }

    // MARK: libzmq

    mutating func move() {
        switch self.tape.below(6) {
        case 0, 1: self.connect()
        case 2:
            let open = self.connections.indices.filter { self.connections[$0].isOpen }
            guard !open.isEmpty else { return }
            let speaker = self.tape.pick(open)
            self.connections[speaker].unread.append(
                .message(Self.ping, from: self.connections[speaker].peer, bytes: 9))
        case 3:
            let open = self.connections.indices.filter { self.connections[$0].isOpen }
            guard !open.isEmpty else { return }
            self.end(self.tape.pick(open), isTold: !self.listens || self.tape.below(4) != 0)
        case 4:
            guard self.listens, let free = self.free else { return }
            for _ in 0...self.tape.byte() { self.knock(at: free) }
        default: self.happened.append(.failed(.mechanism))
        }
    }

    /// Descriptors are used again, the lowest first.
    var free: Int32? {
        let used = Set(self.connections.filter(\.isOpen).map(\.descriptor))
        return Self.descriptors.first { !used.contains($0) }
    }

    /// Somebody is accepted and leaves, without a word.
    mutating func knock(at descriptor: Int32) {
        self.replace(descriptor)
        self.happened += [.accepted(descriptor: descriptor), .disconnected(descriptor: descriptor)]
    }

    mutating func replace(_ descriptor: Int32) {
        for index in self.connections.indices where self.connections[index].descriptor == descriptor {
            self.connections[index].isReplaced = true
        }
    }

    mutating func connect() {
        guard let free else { return }
        if self.listens {
            let peer = PeerID([UInt8(self.tape.below(6))])
            self.replace(free)
            self.happened.append(.accepted(descriptor: free))
            let hello = Envelope(.hello(Hello(peer: Peer(role: .client, name: "c"))))
            self.connections.append(
                Connection(peer: peer, descriptor: free, unread: [.message(hello, from: peer, bytes: 9)]))
        } else if !self.connections.contains(where: \.isOpen) {
            self.replace(free)
            self.happened.append(.connected)
            let welcome = Envelope(.welcome(Welcome(peer: Peer(role: .target, name: "t"))))
            self.connections.append(
                Connection(peer: .only, descriptor: free, unread: [.message(welcome, from: .only, bytes: 9)]))
        }
    }

    mutating func end(_ connection: Int, isTold: Bool) {
        guard self.connections[connection].isOpen else { return }
        self.connections[connection].isOpen = false
        if isTold { self.happened.append(.disconnected(descriptor: self.connections[connection].descriptor)) }
    }

    /// Messages of one connection come in their order; those of several in any.
    mutating func read() -> Sent? {
        let speaking = self.connections.indices.filter { !self.connections[$0].unread.isEmpty }
        guard !speaking.isEmpty else { return nil }
        let connection = self.listens ? self.tape.pick(speaking) : speaking[0]
        let event = self.connections[connection].unread.removeFirst()
        if self.listens {
            // Whoever comes back under the same name takes it over, and what was unread is dropped.
            for former in 0..<connection where self.connections[former].peer == self.connections[connection].peer {
                self.connections[former].unread = []
                self.end(former, isTold: self.tape.bool())
            }
        }
        return Sent(event: event, connection: connection)
    }

    // MARK: The link

    /// As `ZeroMQLink` does it.
    mutating func turn() throws(Broken) {
        self.order.begin()
        self.taken = 0
        try self.takeEvents()
        for _ in 0..<8 where self.order.hasRoom {
            if self.tape.bool() { self.move() }
            guard let sent = self.held.take() ?? self.read() else {
                if self.tape.bool() { self.move() }
                return try self.tell(self.order.drained())
            }
            let descriptor = self.listens ? self.connections[sent.connection].descriptor : nil
            if self.order.isFirst(sent.event, over: descriptor) {
                try self.takeEvents()
                guard self.order.hasRoom else {
                    self.held = sent
                    break
                }
            }
            try self.tell(self.order.received(sent.event, over: descriptor), reading: sent.connection)
        }
    }

    mutating func takeEvents() throws(Broken) {
        while self.order.hasRoom, !self.happened.isEmpty {
            self.taken += 1
            try self.tell(self.order.happened(self.happened.removeFirst()))
        }
        try must(self.taken <= LinkOrder.mostEvents, "takes in \(self.taken) in one turn")
    }

    mutating func tell(_ events: [LinkEvent], reading connection: Int = 0) throws(Broken) {
        try must(!self.listens || events.count <= 7, "\(events.count) events at once of six peers")
        for event in events {
            switch event {
            case .connected:
                try must(!self.listens, "a listening link is connected")
                self.begun += 1
            case .disconnected(let peer): try self.end(of: peer)
            case .message: try self.message(over: connection)
            case .malformed, .unlisted, .unreachable: throw Broken("nobody has said this")
            }
        }
    }

    mutating func end(of peer: PeerID) throws(Broken) {
        guard self.listens else {
            let told = self.connections.firstIndex { !$0.isEndTold && !$0.isOpen }
            guard let told else { throw Broken("the end of a connection is told that is there") }
            try must(told < self.begun, "a connection ends that has not begun")
            self.connections[told].isEndTold = true
            self.speaking[peer] = nil
            return
        }
        guard let connection = self.speaking.removeValue(forKey: peer) else { throw Broken("ends twice, or unheard") }
        try must(!self.connections[connection].isOpen, "the end of a peer is told that is there")
        self.connections[connection].isEndTold = true
    }

    mutating func message(over number: Int) throws(Broken) {
        let connection = self.connections[number]
        try must(!connection.isEndTold || connection.isReplaced, "the end of a peer overtakes its message")
        try must(self.listens || number < self.begun, "a welcome comes before its connection")
        if self.listens || !connection.isEndTold { self.speaking[connection.peer] = number }
        if number > 0 { self.hasRead = true }
    }
}
