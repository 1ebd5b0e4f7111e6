public import ForetokenWire
public import Speculation

extension Fleet {
    public struct Target: Sendable {
        /// Who answers there; `nil` while nobody does.
        public internal(set) var peer: Peer?
        /// The public key that it answered with; empty where the links have none.
        var key = ""
        /// Why nobody does.
        public internal(set) var reason = Fleet.notReached
        /// Since when nobody has answered, where nobody does.
        private(set) var absentSince: Seconds
        /// Who answered last, where nobody does, unless it had told that it leaves.
        private var former: Peer?
        /// As the target itself told.
        public private(set) var load = Load()
        /// What it measured; `nil` before its first pass.
        public private(set) var report: TargetReport?
        /// Time of its passes, as it reported them.
        private(set) var passTime = PassTime()
        /// Jobs that this coordinator has placed there.
        var jobs: Set<UInt64> = []
        var others = Others()
        /// Before then it is asked nothing: it had no slot.
        var heldUntil: Seconds = -.infinity
        /// Before then its sequences are given no drafts: it did not take the last that it was told.
        var assignAt: Seconds = -.infinity

        init(absentSince: Seconds) { self.absentSince = absentSince }

        var occupancy: Placement.Occupancy {
            Placement.Occupancy(slots: self.peer?.slots ?? 0, sequences: self.jobs.count + self.others.count)
        }

        /// - Parameter opened: sequences that it has opened for this coordinator; what it holds beyond them is of others.
        mutating func take(_ pong: Pong, opened: Int) {
            self.load = pong.load
            self.others.take(pong.load, own: opened)
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

        /// Who was lost here so short a time ago that it may come back.
        func lost(before now: Seconds, within seconds: Seconds) -> Peer? {
            now - self.absentSince < seconds ? self.former : nil
        }

        mutating func lose(_ reason: String, now: Seconds) {
            if let peer = self.peer {
                self.absentSince = now
                self.former = self.load.isLeaving ? nil : peer
            }
            self.peer = nil
            self.reason = reason
            self.report = nil
            self.passTime = PassTime()
            self.load.isLeaving = false
            self.others = Others()
            self.assignAt = -.infinity
            self.release()
        }
    }

    public struct Draft: Sendable {
        public internal(set) var peer: Peer?
        /// The public key that it answered with; empty where the links have none.
        var key = ""
        public internal(set) var reason = Fleet.notReached
        private(set) var absentSince: Seconds
        public private(set) var load = Load()
        /// Jobs that it has been given.
        var jobs: Set<UInt64> = []
        var others = Others()
        /// What is between it and each target, by the coordinator's address of the target.
        private var pairs: [String: Pair] = [:]
        /// Targets that have welcomed it.
        private(set) var attachedCount = 0
        /// No pair is due to be asked before.
        var nextAskAt: Seconds = -.infinity

        init(absentSince: Seconds) { self.absentSince = absentSince }

        var occupancy: Placement.Occupancy {
            Placement.Occupancy(slots: self.peer?.slots ?? 0, sequences: self.jobs.count + self.others.count)
        }

        /// What it measured, in the order of the targets' addresses.
        public var reports: [DraftReport] {
            self.pairs.values.compactMap(\.report).sorted { $0.target < $1.target }
        }

        /// On what terms it serves targets, by what was told last, in the order of their addresses.
        var terms: [PairTerms] { self.pairs.values.compactMap(\.terms).sorted { $0.target < $1.target } }

        subscript(target: String) -> Pair { self.pairs[target] ?? Pair() }

        /// - Parameter own: sequences of this coordinator that it mirrors; what it has beyond them is of others.
        mutating func take(_ load: Load, own: Int) {
            self.load = load
            self.others.take(load, own: own)
        }

        mutating func take(_ report: DraftReport) {
            self.pairs[report.target, default: Pair()].report = report
        }

        /// - Returns: whether the draft is left out there from now on, or given texts again.
        mutating func tell(_ terms: PairTerms?) -> Bool {
            guard let terms else { return false }
            let paid = self[terms.target].terms?.pays ?? true
            self.pairs[terms.target, default: Pair()].terms = terms
            return terms.pays != paid
        }

        mutating func lose(_ reason: String, now: Seconds) {
            let absentSince = self.peer == nil ? self.absentSince : now
            self = Draft(absentSince: absentSince)
            self.reason = reason
        }

        /// Whether it is to have one more request: it pays, or is to be tried.
        mutating func isDue(_ target: String, pays: Bool, among texts: Int) -> Bool {
            self.pairs[target, default: Pair()].tries.isDue(pays: pays, among: texts)
        }

        // MARK: Greeting

        /// It is asked to greet a target; it is asked again if no answer comes, ever more seldom.
        mutating func ask(_ target: String, call: UInt64, heartbeat: Seconds, now: Seconds) {
            self.pairs[target, default: Pair()].ask(call: call, heartbeat: heartbeat, now: now)
        }

        /// It is asked again as soon as may be.
        mutating func askSoon(_ target: String) {
            self.pairs[target]?.askSoon()
            self.nextAskAt = -.infinity
        }

        /// A target has welcomed it.
        mutating func attach(_ target: String, now: Seconds) {
            if self.pairs[target]?.isAttached != true { self.attachedCount += 1 }
            self.pairs[target, default: Pair()].attach(now: now)
        }

        /// It declines a sequence of a target, or is not there.
        ///
        /// - Returns: the number of the call that asked it to greet the target, if no answer came.
        mutating func decline(_ target: String, heartbeat: Seconds, now: Seconds) -> UInt64? {
            guard let pair = self.pairs[target] else { return nil }
            self.pairs[target]!.declines = min(pair.declines + 1, 16)
            return self.detach(target, until: now + Pair.pause(after: pair.declines, heartbeat: heartbeat))
        }

        /// It has drafted for a sequence of a target until its end.
        mutating func served(_ target: String) { self.pairs[target]?.declines = 0 }

        /// It does not draft for a target any more.
        ///
        /// - Parameter instant: before which it is not asked again; `nil` where it was asked just now.
        /// - Returns: the number of the call that asked it to greet the target, if no answer came.
        mutating func detach(_ target: String, until instant: Seconds?) -> UInt64? {
            guard let pair = self.pairs[target] else { return nil }
            if pair.isAttached { self.attachedCount -= 1 }
            self.nextAskAt = -.infinity
            return self.pairs[target]!.detach(until: instant)
        }

        /// A target is not a member any more, and detached.
        mutating func forget(_ target: String) { self.pairs[target] = nil }

        /// Numbers of the calls that ask it to greet targets.
        var openCalls: [UInt64] { self.pairs.values.compactMap(\.call) }
    }

    static let notReached = "not reached yet"
}
