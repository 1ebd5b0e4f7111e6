internal import NIOCore
internal import Speculation

/// What all connections of a link share. On its event loop only.
final class LinkState {
    var settings: LinkSettings
    private(set) var isFrozen = false
    private var there: Wire
    private var back: Wire
    /// How often all connections were closed.
    private(set) var drops = 0
    private var connections: [ObjectIdentifier: LinkConnection] = [:]

    /// Bytes that a direction of a connection holds before its source is no longer read.
    static let mostHeld = 4 << 20

    enum Direction {
        case there, back
    }

    init(_ settings: LinkSettings) {
        self.settings = settings
        self.there = Wire(seed: settings.seed)
        self.back = Wire(seed: ~settings.seed)
    }

    var now: Seconds { Seconds(NIODeadline.now().uptimeNanoseconds) * 1e-9 }

    func arrival(of bytes: Int, _ direction: Direction) -> Seconds {
        switch direction {
        case .there: self.there.arrival(of: bytes, now: self.now, self.settings)
        case .back: self.back.arrival(of: bytes, now: self.now, self.settings)
        }
    }

    func add(_ connection: LinkConnection) {
        self.connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: LinkConnection) {
        self.connections[ObjectIdentifier(connection)] = nil
    }

    func freeze(_ isFrozen: Bool) {
        self.isFrozen = isFrozen
        for connection in self.connections.values { connection.freeze(isFrozen) }
    }

    func drop() {
        self.drops += 1
        for connection in self.connections.values { connection.close() }
    }
}
