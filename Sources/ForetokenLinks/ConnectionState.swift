public import ForetokenWire

/// Decides for the connecting side of a link: greets, keeps the peer alive, notices its loss, and greets again.
///
/// A value without clock and sockets. The owner tells it what comes and, at `nextTick`, that time has passed; and
/// carries out what it answers, in order. All times are seconds of one monotonic clock.
public struct ConnectionState: Sendable {
    public enum Phase: Equatable, Sendable {
        /// Never reached so far.
        case greeting
        case up(Peer)
        /// Was reached before; greeting again.
        case lost(reason: String)
        /// Answered with a refusal; asking again, slowly.
        case refused(Status)
    }

    public enum Action: Equatable, Sendable {
        case sendHello
        case sendPing(Ping)
        case becameUp(Peer)
        case becameLost(reason: String)
        /// Told once for each different answer.
        case refused(Status)
    }

    public enum Loss: Sendable {
        /// The connection or the process is gone.
        case ended
        /// The connection may still be there, and the peer frozen or cut off; or this side is.
        case silent
        /// The peer lives, and has heard nothing of this side for a while.
        case forgotten
    }

    /// Seconds between greetings that nobody answers: doubled from the first to the second.
    public static let greetingInterval = 0.25...2.0
    /// Seconds until a refused greeting is repeated.
    public static let refusedInterval = 5.0

    public private(set) var phase = Phase.greeting
    /// Seconds from ping to pong, smoothed (7 parts old, 1 part new); `nil`: not measured since the peer came up.
    public private(set) var roundTrip: Double?
    /// As the latest pong showed it; `nil` like `roundTrip`.
    public private(set) var latestRoundTrip: Double?
    /// When `tick` shall be called next.
    public private(set) var nextTick = 0.0
    /// How the latest loss was noticed.
    public private(set) var loss = Loss.ended

    private let heartbeat: Double
    private var greetingInterval = Self.greetingInterval.lowerBound
    /// When anything last came, or would have come but for this side's own sleep.
    public private(set) var lastHeard = 0.0
    /// Whether the silence since `lastHeard` was put down to this side's own sleep already.
    private var excused = false
    private var nextPing = 0.0

    /// - Parameter heartbeat: seconds; what this side told in its Hello.
    public init(heartbeat: Double = Peer.heartbeat) {
        self.heartbeat = max(heartbeat, 0.01)
    }

    /// The peer, while it is up.
    public var peer: Peer? {
        guard case .up(let peer) = self.phase else { return nil }
        return peer
    }

    public mutating func start(now: Double) -> [Action] {
        self.greet(now: now)
    }

    /// There is a connection, the first or another one: the peer is greeted at once.
    public mutating func connected(now: Double) -> [Action] {
        self.greetingInterval = Self.greetingInterval.lowerBound
        // The peer knows nothing any more of what was said over a former connection.
        guard self.peer == nil else {
            return self.lose("the connection was made anew", now: now) + self.greet(now: now)
        }
        return self.greet(now: now)
    }

    /// There is no connection any more, or still none.
    public mutating func disconnected(now: Double) -> [Action] {
        guard self.peer != nil else { return [] }
        return self.lose("the connection ended", now: now)
    }

    public mutating func received(_ envelope: Envelope, now: Double) -> [Action] {
        self.lastHeard = now
        self.excused = false
        switch envelope.body {
        case .welcome(let welcome): return self.welcomed(welcome, now: now)
        case .status(let status) where envelope.call == 0: return self.received(status, now: now)
        case .pong(let pong): self.measure(pong, now: now)
        default: break
        }
        self.setNextTick()
        return []
    }

    public mutating func tick(now: Double) -> [Action] {
        guard now >= self.nextTick else { return [] }
        guard self.peer != nil else {
            if case .refused = self.phase { return self.greet(now: now) }
            self.greetingInterval = min(2 * self.greetingInterval, Self.greetingInterval.upperBound)
            return self.greet(now: now)
        }
        let late = now - self.nextTick
        if late > self.heartbeat / 2, !self.excused {
            // This side was asleep, and what came meanwhile is not read yet: no proof of silence, but only once.
            self.lastHeard = min(now, self.lastHeard + late)
            self.excused = true
        }
        if now >= self.silentAt {
            let silence = Int((now - self.lastHeard) * 1000)
            let actions = self.lose("silent for \(silence) ms", now: now) + self.greet(now: now)
            self.loss = .silent
            return actions
        }
        return now >= self.nextPing ? self.ping(now: now) : self.wait()
    }
}

extension ConnectionState {
    private mutating func welcomed(_ welcome: Welcome, now: Double) -> [Action] {
        guard welcome.protocolVersion == protocolVersion else {
            let (theirs, ours) = (welcome.protocolVersion, protocolVersion)
            return self.refuse(
                Status(
                    .failedPrecondition,
                    """
                    the peer speaks version \(theirs) of the protocol, not \(ours); \
                    run the same release of foretoken on both sides
                    """), now: now)
        }
        var actions: [Action] = []
        if let old = self.peer {
            guard old.name != welcome.peer.name else {
                self.phase = .up(welcome.peer)
                return self.wait()
            }
            actions.append(.becameLost(reason: "restarted as another process"))
        }
        self.phase = .up(welcome.peer)
        self.roundTrip = nil
        self.latestRoundTrip = nil
        self.greetingInterval = Self.greetingInterval.lowerBound
        return actions + [.becameUp(welcome.peer)] + self.ping(now: now)
    }

    /// A status outside of calls.
    private mutating func received(_ status: Status, now: Double) -> [Action] {
        let unknownToPeer = status.code == .unauthenticated
        switch self.phase {
        case .up where unknownToPeer:
            let actions = self.lose("the peer does not know this side any more", now: now) + self.greet(now: now)
            self.loss = .forgotten
            return actions
        // The answer to something that was sent before the greeting, which is under way.
        case .greeting where unknownToPeer, .lost where unknownToPeer: return []
        case .up: return self.wait()
        case .greeting, .lost, .refused: return status.code == .ok ? [] : self.refuse(status, now: now)
        }
    }

    private mutating func greet(now: Double) -> [Action] {
        if case .refused = self.phase {
            self.nextTick = now + Self.refusedInterval
        } else {
            self.nextTick = now + self.greetingInterval
        }
        return [.sendHello]
    }

    private mutating func lose(_ reason: String, now: Double) -> [Action] {
        self.phase = .lost(reason: reason)
        self.loss = .ended
        self.roundTrip = nil
        self.latestRoundTrip = nil
        self.greetingInterval = Self.greetingInterval.lowerBound
        self.nextTick = now + self.greetingInterval
        return [.becameLost(reason: reason)]
    }

    private mutating func refuse(_ status: Status, now: Double) -> [Action] {
        self.nextTick = now + Self.refusedInterval
        switch self.phase {
        case .refused(status): return []
        case .up:
            self.phase = .refused(status)
            return [.becameLost(reason: status.description), .refused(status)]
        case .greeting, .lost, .refused:
            self.phase = .refused(status)
            return [.refused(status)]
        }
    }

    private mutating func ping(now: Double) -> [Action] {
        self.nextPing = now + self.heartbeat / 2
        self.setNextTick()
        return [.sendPing(Ping(sentMicroseconds: UInt64(max(0, now) * 1e6)))]
    }

    private mutating func wait() -> [Action] {
        self.setNextTick()
        return []
    }

    /// When the peer has been silent for too long; one sum for all who ask, for rounding makes others of it.
    private var silentAt: Double { self.lastHeard + Peer.silence * self.heartbeat }

    private mutating func setNextTick() {
        guard self.peer != nil else { return }
        self.nextTick = min(self.nextPing, self.silentAt)
    }

    private mutating func measure(_ pong: Pong, now: Double) {
        let seconds = now - Double(pong.sentMicroseconds) * 1e-6
        // What was not asked for, or long ago, measures nothing.
        guard self.peer != nil, pong.sentMicroseconds > 0, seconds > -1e-5, seconds < 60 else { return }
        let sample = max(seconds, 0)
        self.latestRoundTrip = sample
        self.roundTrip = self.roundTrip.map { $0 + (sample - $0) / 8 } ?? sample
    }
}
