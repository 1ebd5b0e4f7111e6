/// Decides which connections are kept when there are more than may be. A value without clock and sockets.
///
/// A connection either waits for its client, or has a whole request that is being answered. The one that has waited
/// longest makes room for a newcomer; where none waits, there is still some room for newcomers that ask for health.
struct ConnectionTable: Sendable {
    /// Connections at most, beyond which newcomers are let in for health only.
    var most: Int
    /// Connections beyond `most`.
    static let reserve = 64

    /// Since when each waits for its client, in seconds; `nil` for one that is being answered.
    private var connections: [Int: Double?] = [:]
    private var toldAt = -Double.infinity

    init(most: Int) {
        self.most = most
    }

    /// What becomes of a newcomer.
    enum Arrival: Equatable {
        case taken
        /// The other one is to be closed for it.
        case takenInstead(of: Int)
        /// Beyond the limit.
        case takenForHealth(insteadOf: Int?)
        case refused
    }

    /// Adds a newcomer, which waits for its client; the connection closed to make room is forgotten already.
    mutating func open(_ number: Int, now: Double) -> Arrival {
        let arrival = self.arrival()
        if arrival != .refused { self.connections[number] = .some(now) }
        return arrival
    }

    private mutating func arrival() -> Arrival {
        guard self.connections.count >= self.most else { return .taken }
        let waiting = self.connections.compactMap { number, since in since.map { (number: number, since: $0) } }
        if let longest = waiting.min(by: { ($0.since, $0.number) < ($1.since, $1.number) }) {
            self.connections[longest.number] = nil
            let isWithin = self.connections.count < self.most
            return isWithin ? .takenInstead(of: longest.number) : .takenForHealth(insteadOf: longest.number)
        }
        return self.connections.count < self.most + Self.reserve ? .takenForHealth(insteadOf: nil) : .refused
    }

    /// Records whether a connection waits for its client.
    mutating func note(_ number: Int, isWaiting: Bool, now: Double) {
        guard let since = self.connections[number], (since != nil) != isWaiting else { return }
        self.connections[number] = .some(isWaiting ? now : nil)
    }

    mutating func close(_ number: Int) {
        self.connections[number] = nil
    }

    var count: Int { self.connections.count }

    /// Whether to tell the operator now that there are too many connections: once a minute at most.
    mutating func isToBeTold(now: Double) -> Bool {
        guard now - self.toldAt >= 60 else { return false }
        self.toldAt = now
        return true
    }
}
