internal import Executors
internal import ForetokenLinks
internal import ForetokenWire
internal import Speculation

/// One end of a link within the process: where what comes is handled.
final class InProcessEnd: Sendable {
    let loop: any Loop
    let handler: @Sendable (LinkEvent) -> Void

    init(loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void) {
        self.loop = loop
        self.handler = handler
    }
}

/// Who listens, who is connected to whom, and what happens to the next message.
struct InProcessState: Sendable {
    enum Route {
        case unreachable, full
        /// To be handed to `receiver` as coming from `sender`, once after each of the delays.
        case deliver(to: InProcessEnd, from: PeerID, generation: Int, delays: [Double])
    }

    /// What an end is told of its connections.
    struct Notice: Sendable {
        let end: InProcessEnd
        let event: LinkEvent
    }

    private struct Direction {
        var fate: Fate
        var underWay = 0
    }

    private struct Connection {
        let address: String
        let end: InProcessEnd
        /// Counts the cuts; what was sent before one does not arrive.
        var generation = 0
        var toListener: Direction
        var toConnector: Direction
    }

    var faults: Faults
    var faultsByAddress: [String: Faults] = [:]
    var disconnected: Set<String> = []
    /// Other names of addresses, for links with faults of their own.
    var aliases: [String: String] = [:]

    private let seed: UInt64
    private let capacity: Int
    private var listeners: [String: InProcessEnd] = [:]
    private var connections: [PeerID: Connection] = [:]
    private var connected: UInt32 = 0
    private var connectedByAddress: [String: UInt64] = [:]
    private var nextPort = 50_000

    init(seed: UInt64, faults: Faults, capacity: Int) {
        self.seed = seed
        self.faults = faults
        self.capacity = capacity
    }

    /// Changes who listens, who is connected or what is cut, and tells whom this connects or disconnects.
    mutating func change<Result>(_ body: (inout Self) -> Result) -> (Result, [Notice]) {
        let before = self.pairs
        let result = body(&self)
        let after = self.pairs
        var notices: [Notice] = []
        for (name, pair) in before where after[name] == nil {
            notices.append(Notice(end: pair.connector, event: .disconnected(.only)))
            notices.append(Notice(end: pair.listener, event: .disconnected(name)))
        }
        for (name, pair) in after where before[name] == nil {
            notices.append(Notice(end: pair.connector, event: .connected))
        }
        return (result, notices)
    }

    /// Ends that can reach each other, by the name of the connecting one.
    private var pairs: [PeerID: (connector: InProcessEnd, listener: InProcessEnd)] {
        self.connections.compactMapValues { connection in
            let place = self.place(connection.address)
            guard let listener = self.listeners[place], !self.disconnected.contains(connection.address),
                !self.disconnected.contains(place)
            else { return nil }
            return (connection.end, listener)
        }
    }

    func isOpen(_ end: InProcessEnd) -> Bool {
        self.listeners.values.contains { $0 === end } || self.connections.values.contains { $0.end === end }
    }

    mutating func listen(at address: String, _ end: InProcessEnd) -> Result<String, LinkError> {
        var real = address
        if address.hasSuffix(":0") || address.hasSuffix(":*") {
            repeat {
                self.nextPort += 1
                real = address.dropLast() + String(self.nextPort)
            } while self.listeners[real] != nil
        }
        guard self.listeners[real] == nil else { return .failure(.addressInUse(real)) }
        self.listeners[real] = end
        return .success(real)
    }

    mutating func connect(to address: String, _ end: InProcessEnd) -> PeerID {
        self.connected += 1
        let peer = PeerID((0..<4).map { UInt8(truncatingIfNeeded: self.connected >> (8 * (3 - $0))) })
        let ordinal = self.connectedByAddress[address, default: 0]
        self.connectedByAddress[address] = ordinal + 1
        self.connections[peer] = Connection(
            address: address, end: end,
            toListener: Direction(fate: self.fate(address, ordinal, 0)),
            toConnector: Direction(fate: self.fate(address, ordinal, 1)))
        return peer
    }

    mutating func route(over name: PeerID, from end: InProcessEnd, at address: String) -> Route {
        guard var connection = self.connections[name], self.place(connection.address) == self.place(address),
            let listener = self.listeners[self.place(address)], !self.disconnected.contains(connection.address),
            !self.disconnected.contains(self.place(address))
        else { return .unreachable }
        let toListener = connection.end === end
        guard toListener || listener === end else { return .unreachable }

        let path = toListener ? \Connection.toListener : \Connection.toConnector
        guard connection[keyPath: path].underWay < self.capacity else { return .full }
        let delays = connection[keyPath: path].fate.next(self.faultsByAddress[connection.address] ?? self.faults)
        connection[keyPath: path].underWay += delays.count
        self.connections[name] = connection
        return .deliver(
            to: toListener ? listener : connection.end, from: toListener ? name : .only,
            generation: connection.generation, delays: delays)
    }

    /// Whether a message that comes out of the queue may be handed over.
    mutating func arrived(over name: PeerID, to end: InProcessEnd, _ generation: Int) -> Bool {
        guard let connection = self.connections[name], connection.generation == generation else { return false }
        if connection.end === end {
            self.connections[name]?.toConnector.underWay -= 1
            return true
        }
        self.connections[name]?.toListener.underWay -= 1
        return self.listeners[self.place(connection.address)] === end
    }

    mutating func cut(_ address: String) {
        self.disconnected.insert(address)
        self.dropUnderWay(at: address)
    }

    mutating func close(_ end: InProcessEnd) {
        self.connections = self.connections.filter { $0.value.end !== end }
        guard let address = self.listeners.first(where: { $0.value === end })?.key else { return }
        self.listeners[address] = nil
        self.dropUnderWay(at: address)
    }

    private mutating func dropUnderWay(at address: String) {
        for (name, connection) in self.connections
        where connection.address == address || self.place(connection.address) == address {
            self.connections[name]?.generation += 1
            self.connections[name]?.toListener.underWay = 0
            self.connections[name]?.toConnector.underWay = 0
        }
    }

    /// Where somebody listens.
    private func place(_ address: String) -> String { self.aliases[address] ?? address }

    private func fate(_ address: String, _ ordinal: UInt64, _ direction: UInt64) -> Fate {
        var hash = FNV1a()
        hash.add(address.utf8)
        return Fate(seed: hash.value ^ self.seed &* 0x9E37_79B9_7F4A_7C15 &+ ordinal << 1 &+ direction)
    }
}
