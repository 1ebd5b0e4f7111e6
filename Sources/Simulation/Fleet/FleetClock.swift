internal import HeapModule
internal import Speculation

/// The virtual clock of a fleet: takes what is to happen, and gives it back in the order of time; what falls on one
/// instant, in the order in which it was taken.
struct FleetClock {
    private(set) var now: Seconds = 0
    /// Events so far.
    private(set) var count = 0
    var random: SplitMix64
    /// Distance of each draft to the targets.
    var distances: [Distance]

    private struct Entry: Comparable {
        let at: Seconds
        let order: Int
        let event: FleetEvent

        static func < (left: Self, right: Self) -> Bool {
            left.at != right.at ? left.at < right.at : left.order < right.order
        }

        static func == (left: Self, right: Self) -> Bool { left.order == right.order }
    }

    private var queue = Heap<Entry>()
    private var order = 0

    init(distances: [Distance], seed: UInt64) {
        self.distances = distances
        self.random = SplitMix64(seed: seed)
    }

    mutating func schedule(_ event: FleetEvent, after seconds: Seconds) {
        self.schedule(event, at: self.now + max(0, seconds))
    }

    mutating func schedule(_ event: FleetEvent, at instant: Seconds) {
        self.order += 1
        self.queue.insert(Entry(at: instant, order: self.order, event: event))
    }

    /// Sends a message between a draft and a target.
    ///
    /// - Parameter last: when the message before it arrives, which it does not overtake; its own arrival then.
    mutating func send(
        _ event: FleetEvent, tokens: Int, draft: Int, extra: Seconds = 0, behind last: inout Seconds
    ) {
        let way = self.distances[draft].seconds(tokens: tokens, using: &self.random)
        last = max(last, self.now + way + extra)
        self.schedule(event, at: last)
    }

    /// A heartbeat's way there and back.
    mutating func roundTrip(draft: Int) -> Seconds {
        let there = self.distances[draft].seconds(tokens: 0, using: &self.random)
        return there + self.distances[draft].seconds(tokens: 0, using: &self.random)
    }

    mutating func next() -> FleetEvent? {
        guard let entry = self.queue.popMin() else { return nil }
        self.now = max(self.now, entry.at)
        self.count += 1
        return entry.event
    }
}
