public import ForetokenWire
public import Speculation

extension Fleet {
    public struct Target: Sendable {
        /// Who answers there; `nil` while nobody does.
        public internal(set) var peer: Peer?
        /// The public key that it answered with; empty where the links have none.
        var key = ""
        /// Why nobody does.
        public internal(set) var reason = "not reached yet"
        /// As the target itself told.
        public private(set) var load = Load()
        /// What it measured; `nil` before its first pass.
        public private(set) var report: TargetReport?
        /// Time of its passes, as it reported them.
        private(set) var passTime = PassTime()
        /// Jobs that this coordinator has placed there.
        var jobs: Set<UInt64> = []
        /// Sequences of others, by what the target told last.
        private var others = 0
        /// Sequences that were cancelled since the target was heard last; it may have counted them still.
        var cancelled = 0
        /// Before then it is asked nothing: it had no slot.
        var heldUntil: Seconds = -.infinity

        var occupancy: Placement.Occupancy {
            Placement.Occupancy(slots: self.peer?.slots ?? 0, sequences: self.jobs.count + self.others)
        }

        /// - Parameter opened: sequences that it has opened for this coordinator; what it holds beyond them is of others.
        mutating func take(_ pong: Pong, opened: Int) {
            self.load = pong.load
            self.others = max(0, pong.load.sequences - opened - self.cancelled)
            self.cancelled = 0
            if pong.load.sequences < self.peer?.slots ?? 0, !pong.load.isLeaving { self.release() }
            guard let report = pong.target else { return }
            if report.passTime != self.report?.passTime {
                self.passTime = PassTime()
                self.passTime.expect(report.passTime)
            }
            self.report = report
        }

        /// A slot is free, by its own word.
        mutating func release() {
            self.heldUntil = -.infinity
        }

        mutating func lose(_ reason: String) {
            self.peer = nil
            self.reason = reason
            self.report = nil
            self.passTime = PassTime()
            self.load.isLeaving = false
            (self.others, self.cancelled) = (0, 0)
            self.release()
        }
    }

    public struct Draft: Sendable {
        public internal(set) var peer: Peer?
        public internal(set) var reason = "not reached yet"
        public internal(set) var load = Load()
        /// Jobs that it has been given.
        var jobs: Set<UInt64> = []
        /// What is between it and each target, by the coordinator's address of the target.
        private var pairs: [String: Pair] = [:]
        /// Targets that have welcomed it.
        private(set) var attachedCount = 0

        var occupancy: Placement.Occupancy {
            Placement.Occupancy(slots: self.peer?.slots ?? 0, sequences: self.jobs.count)
        }

        /// What it measured, in the order of the targets' addresses.
        public var reports: [DraftReport] {
            self.pairs.values.compactMap(\.report).sorted { $0.target < $1.target }
        }

        subscript(target: String) -> Pair { self.pairs[target] ?? Pair() }

        mutating func take(_ report: DraftReport) {
            self.pairs[report.target, default: Pair()].report = report
        }

        mutating func lose(_ reason: String) {
            self.peer = nil
            self.reason = reason
            self.jobs = []
            self.pairs = [:]
            self.attachedCount = 0
        }

        // MARK: Greeting

        /// It is asked to greet a target.
        ///
        /// - Parameter next: when it is asked again, if no answer comes.
        mutating func ask(_ target: String, call: UInt64, next: Seconds) {
            self.pairs[target, default: Pair()].call = call
            self.pairs[target]!.askAt = next
        }

        /// It is asked again as soon as may be.
        mutating func askSoon(_ target: String) {
            self.pairs[target]?.askAt = -.infinity
        }

        /// A target has welcomed it.
        mutating func attach(_ target: String) {
            self.pairs[target, default: Pair()].call = nil
            guard !self.pairs[target]!.isAttached else { return }
            self.pairs[target]!.isAttached = true
            self.attachedCount += 1
        }

        /// - Returns: the number of the call that asked it to greet the target, if no answer came.
        mutating func detach(_ target: String, until instant: Seconds = -.infinity) -> UInt64? {
            guard let pair = self.pairs[target] else { return nil }
            if pair.isAttached { self.attachedCount -= 1 }
            self.pairs[target]!.isAttached = false
            self.pairs[target]!.askAt = max(pair.askAt, instant)
            return self.pairs[target]!.call.take()
        }

        /// Numbers of the calls that ask it to greet targets.
        var openCalls: [UInt64] { self.pairs.values.compactMap(\.call) }

        mutating func endCall(_ target: String) {
            self.pairs[target]?.call = nil
        }
    }

    /// A draft at one of the targets.
    struct Pair: Sendable {
        /// Whether the target has welcomed the draft.
        var isAttached = false
        /// The number of the call that asks the draft to greet the target, until it is answered.
        var call: UInt64?
        /// When the draft may be asked next.
        var askAt: Seconds = -.infinity
        /// What the draft measured; `nil` before it has drafted for the target.
        var report: DraftReport?
    }
}
