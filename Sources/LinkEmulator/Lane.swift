internal import DequeModule
internal import Speculation

/// What is under way in one direction of one connection, in order.
///
/// A value without sockets and clock.
struct Lane<Piece> {
    private struct Held {
        var piece: Piece
        var bytes: Int
        var arrival: Seconds
    }

    /// Nothing arrives; all that is under way stays, and more may come.
    var isFrozen: Bool
    private(set) var heldBytes = 0
    private var held: Deque<Held> = []
    private let mostHeld: Int

    /// - Parameter mostHeld: bytes from which on there is no room.
    init(mostHeld: Int, isFrozen: Bool = false) {
        self.mostHeld = mostHeld
        self.isFrozen = isFrozen
    }

    /// Whether more is to be read; what is read nevertheless is held too.
    var hasRoom: Bool { self.heldBytes < self.mostHeld }

    /// Puts a piece under way; it never overtakes another.
    mutating func add(_ piece: Piece, bytes: Int, arrival: Seconds) {
        let arrival = max(arrival, self.held.last?.arrival ?? -.infinity)
        self.held.append(Held(piece: piece, bytes: bytes, arrival: arrival))
        self.heldBytes += bytes
    }

    /// When there is something to take; `nil` while nothing is under way, or all is frozen.
    var nextArrival: Seconds? { self.isFrozen ? nil : self.held.first?.arrival }

    /// The next piece that has arrived.
    mutating func take(now: Seconds) -> Piece? {
        guard let next = self.nextArrival, next <= now else { return nil }
        let held = self.held.removeFirst()
        self.heldBytes -= held.bytes
        return held.piece
    }

    /// Loses all that is under way.
    mutating func removeAll() {
        self.held.removeAll()
        self.heldBytes = 0
    }
}
