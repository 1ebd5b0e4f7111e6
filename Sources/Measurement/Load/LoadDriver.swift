public import Speculation

/// Decides when the requests of one window begin, on any clock.
///
/// In a closed loop a client that has its answer asks again at once; one that got an error waits a tenth of a second
/// first, so that a server that is down does not use up all prompts. Clients that begin together would keep in step for
/// long, all with prompts and then all with texts, so that a window would measure where it lies: so their first texts, where
/// these belong to the warm-up, are of all lengths. In an open loop requests begin when the schedule
/// says, however many are under way; beyond `mostInFlight` they wait, and their time runs.
public struct LoadDriver: Sendable {
    public static let pauseAfterError: Seconds = 0.1

    private let window: LoadWindow
    private let shape: LoadShape
    private let deck: PromptDeck
    private let mostInFlight: Int
    private let begin: Seconds
    private var schedule: ArrivalSchedule?
    /// When each idle client asks next.
    private var idle: [(client: Int, at: Seconds)] = []
    private var counted = 0
    /// Requests that were begun.
    public private(set) var begun = 0
    public private(set) var inFlight = 0
    /// Whether there were too few prompts.
    public private(set) var ranOut = false
    /// Whether it was ended before its time.
    public private(set) var isStopped = false

    /// - Parameter begin: of the window, on the clock of the run.
    public init(_ window: LoadWindow, shape: LoadShape, deck: PromptDeck, mostInFlight: Int, begin: Seconds) {
        self.window = window
        self.shape = shape
        self.deck = deck
        self.mostInFlight = mostInFlight
        self.begin = begin
        switch shape {
        case .closed(let clients): self.idle = (0..<clients).map { ($0, begin) }
        case .open(let rate): self.schedule = ArrivalSchedule(rate: rate, seed: window.seed, begin: begin)
        }
    }

    /// When counting begins.
    public var countFrom: Seconds { self.begin + self.window.warmUp }

    /// From when on nothing begins any more; `nil` where requests are counted.
    public var lastBegin: Seconds? {
        guard case .seconds(let seconds) = self.window.bound else { return nil }
        return self.countFrom + seconds
    }

    /// When the next request begins; `nil` when none does before another has ended.
    public var nextBegin: Seconds? {
        guard !self.isStopped, self.inFlight < self.mostInFlight else { return nil }
        let next = self.schedule?.upcoming ?? self.idle.lazy.map(\.at).min()
        guard let next, self.isWithin(next) else { return nil }
        return next
    }

    /// Whether nothing is under way and nothing will begin.
    public var isDone: Bool { self.inFlight == 0 && self.nextBegin == nil }

    /// Lets all begin whose time has come.
    public mutating func advance(to now: Seconds) -> [LoadOrder] {
        var orders: [LoadOrder] = []
        while let next = self.nextBegin, next <= now {
            guard let (prompt, round) = self.deck.draw(self.window.position + self.begun) else {
                self.ranOut = true
                self.isStopped = true
                break
            }
            var client: Int?
            if self.schedule == nil {
                client = self.idle.remove(at: self.idle.firstIndex { $0.at == next }!).client
            } else {
                self.schedule?.advance()
            }
            let isCounted = self.window.isCounted && next >= self.countFrom
            var share = 1.0
            if case .closed(let clients) = self.shape, let client, self.begun < clients, next < self.countFrom {
                share = Double(client + 1) / Double(clients)
            }
            orders.append(
                LoadOrder(
                    number: self.begun, arm: self.window.arm, client: client, prompt: prompt, round: round,
                    scheduled: next, isCounted: isCounted, share: share))
            if next >= self.countFrom { self.counted += 1 }
            self.begun += 1
            self.inFlight += 1
        }
        return orders
    }

    /// Notes that a request is over.
    ///
    /// - Parameter client: of a closed loop, the one that asked.
    public mutating func end(of client: Int?, at now: Seconds, failed: Bool) {
        self.inFlight -= 1
        if let client { self.idle.append((client, failed ? now + Self.pauseAfterError : now)) }
    }

    /// Lets nothing begin any more.
    public mutating func stop() {
        self.isStopped = true
    }

    private func isWithin(_ time: Seconds) -> Bool {
        switch self.window.bound {
        case .requests(let count): self.counted < count
        case .seconds: time < self.lastBegin!
        }
    }
}
