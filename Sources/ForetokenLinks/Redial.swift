internal import ZeroMQ

/// Decides when a connecting link makes its socket anew, and where it reaches for its peer then.
///
/// libzmq tries again by itself after most failures, but after one of the protocol, such as somebody else's at the
/// address, it never does. And it gets numbers only: it would ask for a name on the one thread that serves all sockets.
///
/// A value without clock, sockets and threads. All times are seconds of one monotonic clock.
struct Redial {
    enum Step: Equatable {
        case nothing
        /// Ask for the name, and hand the answer over.
        case ask
        /// Make a socket, in the place of the former one, that reaches for this address.
        case open(String)
        /// The name does not resolve, and never did; it is asked for again.
        case unresolved
    }

    /// Seconds without a connection after which the socket is made anew: a handshake may take 5.
    static let patience = 6.0
    /// The same while not all addresses behind a name have been tried, and until the next of them is when nobody answers
    /// for the name.
    static let namePatience = 2.0
    /// The same after a failure after which libzmq does not try again, and until a name is asked for again that does not
    /// resolve.
    static let failureInterval = 1.0

    private let isName: Bool
    /// Those behind the name, as far as known; or the one that is no name.
    private var addresses: [String]
    /// Which of them is next.
    private var turn: Int
    /// How many were tried since there was a connection.
    private var tries = 0
    private var isAsking = false
    private(set) var isConnected: Bool
    /// When `due` shall be called, unless there is a connection by then.
    private(set) var dueAt = Double.infinity

    /// - Parameters:
    ///   - isConnected: whether there is a connection from the beginning, of which nobody tells.
    ///   - turn: which of the addresses behind a name is the first; a random one spreads many links over all of them.
    init(_ address: String, isName: Bool, isConnected: Bool = false, turn: Int = .random(in: 0..<1 << 16)) {
        self.isName = isName
        self.addresses = isName ? [] : [address]
        self.isConnected = isConnected
        self.turn = turn
    }

    /// Whether nothing is known of what a name stands for, and it is being asked for.
    var isUnresolved: Bool { self.isAsking && self.addresses.isEmpty }

    mutating func start() -> Step { self.dial(now: nil) }

    /// Time has passed.
    ///
    /// - Parameter instant: what `dueAt` was when the timer was set.
    mutating func due(at instant: Double) -> Step {
        guard self.dueAt == instant else { return .nothing }
        self.dueAt = .infinity
        return self.isConnected ? .nothing : self.dial(now: instant)
    }

    /// - Parameter addresses: those behind the name; none where it does not resolve, and those that were known stay.
    mutating func answered(by addresses: [String], now: Double) -> Step {
        self.isAsking = false
        if !addresses.isEmpty { self.addresses = addresses }
        guard !self.isConnected else { return .nothing }
        guard !self.addresses.isEmpty else {
            self.wait(Self.failureInterval, now: now)
            return .unresolved
        }
        return self.next()
    }

    /// There is a new socket, which has no connection yet.
    mutating func opened(now: Double) {
        self.dueAt = .infinity
        self.tries += 1
        if !self.isConnected { self.wait(self.usualPatience, now: now) }
    }

    /// Another address may be the right one, so the first round over all is quick; after that a slow one gets its time.
    private var usualPatience: Double {
        self.isName && self.tries <= self.addresses.count ? Self.namePatience : Self.patience
    }

    /// There is no socket: whom it reaches for is not listed any more, or not yet again.
    mutating func failed(now: Double) {
        self.isConnected = false
        self.wait(Self.failureInterval, now: now)
    }

    /// Hears what happened to the connection.
    mutating func happened(_ event: SocketEvent, now: Double) {
        self.isConnected = event == .connected
        switch event {
        case .connected: (self.dueAt, self.tries) = (.infinity, 0)
        case .failed(let failure) where failure != .other: self.wait(Self.failureInterval, now: now)
        case .failed, .disconnected, .accepted: self.wait(self.usualPatience, now: now)
        }
    }

    /// - Parameter now: `nil` where nothing is known yet that could be tried while nobody answers.
    private mutating func dial(now: Double?) -> Step {
        guard self.isName else { return self.next() }
        // Whoever answers for names may be gone with the network; what is known is tried meanwhile.
        guard !self.isAsking else { return self.addresses.isEmpty ? .nothing : self.next() }
        self.isAsking = true
        if let now { self.wait(Self.namePatience, now: now) }
        return .ask
    }

    private mutating func next() -> Step {
        defer { self.turn += 1 }
        return .open(self.addresses[self.turn % self.addresses.count])
    }

    private mutating func wait(_ seconds: Double, now: Double) {
        self.dueAt = min(self.dueAt, now + seconds)
    }
}
