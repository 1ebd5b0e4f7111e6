internal import ForetokenWire
internal import Speculation

extension Fleet {
    /// A draft at one of the targets: whether it has been welcomed there, when it is asked, and what it brings.
    struct Pair: Sendable {
        /// Whether the target has welcomed the draft.
        private(set) var isAttached = false
        /// The number of the call that asks the draft to greet the target, until it is answered.
        var call: UInt64?
        /// When the draft may be asked next.
        private(set) var askAt: Seconds = -.infinity
        /// Times that it was asked in vain since it was attached last.
        private var asks = 0
        /// Sequences in a row that the draft did not take.
        var declines = 0
        /// What the draft measured; `nil` before it has drafted for the target.
        var report: DraftReport?
        /// On what terms it serves the target, by what both told last.
        var terms: PairTerms?
        /// When a draft that does not pay is tried again.
        var tries = Tries()

        /// Seconds between two questions to a draft that a target has welcomed: it may have dropped the target since.
        static let interval: Seconds = 60

        /// Seconds until the next try: doubled with every one in vain.
        static func pause(after tries: Int, heartbeat: Seconds) -> Seconds {
            min(heartbeat * Double(1 << min(tries, 16)), Self.interval)
        }

        mutating func ask(call: UInt64, heartbeat: Seconds, now: Seconds) {
            self.call = call
            self.askAt = now + Self.pause(after: self.asks, heartbeat: heartbeat)
            self.asks = min(self.asks + 1, 16)
        }

        mutating func askSoon() {
            (self.asks, self.askAt) = (0, -.infinity)
        }

        mutating func attach(now: Seconds) {
            (self.call, self.isAttached, self.asks) = (nil, true, 0)
            self.askAt = now + Self.interval
        }

        /// - Parameter instant: before which it is not asked again; `nil` where it was asked just now.
        mutating func detach(until instant: Seconds?) -> UInt64? {
            if let instant { self.askAt = self.isAttached && self.call == nil ? instant : max(self.askAt, instant) }
            self.isAttached = false
            return self.call.take()
        }
    }

    /// Tries of a draft that does not pay, which show whether that has changed: ever more seldom, for each costs a prompt,
    /// but at once where the target has half as many texts as when it did not pay.
    struct Tries: Sendable {
        /// Requests since the last try.
        private var since = 0
        /// Requests from the last try to the next.
        private var interval = Self.least
        /// Texts of the target at the last try, or when it first did not pay; 0 before that.
        private var texts = 0

        static let least = 16
        static let most = 256

        /// Counts a request.
        ///
        /// - Parameter texts: of the target, with this one.
        /// - Returns: whether the draft is to have it.
        mutating func isDue(pays: Bool, among texts: Int) -> Bool {
            if pays {
                self = Tries()
                return true
            }
            self.since += 1
            if self.texts == 0 { self.texts = texts }
            let isQuieter = 2 * texts <= self.texts
            guard isQuieter || self.since >= self.interval else { return false }
            (self.since, self.texts) = (0, texts)
            if !isQuieter { self.interval = min(2 * self.interval, Self.most) }
            return true
        }
    }

    /// How much of a member's load is of other coordinators, by what the member told last.
    struct Others: Sendable {
        private(set) var count = 0
        /// Own sequences that have ended since then; the member may have counted them still.
        var ended = 0

        mutating func take(_ load: Load, own: Int) {
            self.count = max(0, load.sequences - own - self.ended)
            self.ended = 0
        }
    }
}
