/// What a draft has learned of one target, for each kind of request: the next sequence goes on from there.
///
/// Rates, and what blocks bring, are those of one rule, and acceptance is another with another coupling; so each kind
/// has an outlook of its own. What passes, draft tokens and the network cost is told from one to the next.
public struct Outlooks: Sendable {
    public struct Kind: Equatable, Sendable {
        public var rule: LookaheadRule
        public var coupling: Coupling
        /// Whether the draft computes on the target's cores, in turn with it.
        public var takesTurns: Bool

        public init(rule: LookaheadRule, coupling: Coupling, takesTurns: Bool = false) {
            self.rule = rule
            self.coupling = coupling
            self.takesTurns = takesTurns
        }
    }

    private struct Entry {
        var kind: Kind
        var outlook: Outlook
        /// With what the last sequence made of it.
        var lookahead: (any Lookahead)?
    }

    /// The one used last at the end.
    private var entries: [Entry] = []
    private var told: (report: TargetReport, at: Seconds)?
    /// Sequences of the target that the draft has, and how many it can have.
    private var sequences = (now: 1, most: Int.max)
    private var heartbeat: (roundTrip: Seconds, at: Seconds)?

    /// Most kinds that are kept: where requests bring ever other parameters, the oldest gives way.
    private static let most = 16

    public init() {}

    /// For reading, and for learning in place.
    public subscript(kind: Kind) -> Outlook {
        // Not `_read`: Swift 6.3 copies a part of what that yields, as in `outlooks?[kind].context`, once it is gone.
        get {
            self.entries.last { $0.kind == kind }?.outlook ?? self.fresh(kind)
        }
        _modify {
            let index = self.use(kind)
            yield &self.entries[index].outlook
        }
    }

    /// The one used last.
    public var latest: Outlook? { self.entries.last?.outlook }

    /// The one that tells whether the draft pays: that of the rule that prices each token and was used last. What other
    /// rules draft tells what their users want. Where there is no such rule, the one used last.
    public var telling: Outlook? { self.entries.last { $0.kind.rule.isPriced }?.outlook ?? self.latest }

    /// What the draft tells of itself: as the outlook that is `telling`. Only a rule that prices each token is to bring more
    /// than it costs. `nil` before it has drafted.
    public func report(of target: String) -> DraftReport? {
        var report = self.telling?.report(of: target)
        if !self.entries.contains(where: { $0.kind.rule.isPriced }) { report?.surplus = nil }
        return report
    }

    /// Learns what the target told of itself.
    public mutating func take(_ report: TargetReport, now: Seconds) {
        self.told = (report, now)
        for index in self.entries.indices { self.entries[index].outlook.take(report, now: now) }
    }

    /// Learns how many sequences of the target the draft has.
    ///
    /// - Parameter most: how many it can have.
    public mutating func share(among sequences: Int, of most: Int = .max) {
        self.sequences = (sequences, most)
        for index in self.entries.indices { self.entries[index].outlook.share(among: sequences, of: most) }
    }

    /// Learns a round trip that a heartbeat measured.
    public mutating func hear(roundTrip: Seconds, now: Seconds) {
        self.heartbeat = (roundTrip, now)
        for index in self.entries.indices { self.entries[index].outlook.hear(roundTrip: roundTrip, now: now) }
    }

    /// The rule at work, with what it has learned; `nil` where there is no draft.
    public func makeLookahead(_ kind: Kind) -> (any Lookahead)? {
        self.entries.last { $0.kind == kind }?.lookahead ?? kind.rule.makeLookahead()
    }

    /// Keeps what a sequence has made of a rule; of several at once the one that ends last counts.
    public mutating func keep(_ lookahead: any Lookahead, of kind: Kind) {
        let index = self.use(kind)
        self.entries[index].lookahead = lookahead
    }

    private func fresh(_ kind: Kind) -> Outlook {
        let isOverlapped = !kind.rule.isSynchronous
        var outlook =
            self.latest.map { Outlook(costsOf: $0, isOverlapped: isOverlapped, takesTurns: kind.takesTurns) }
            ?? Outlook(isOverlapped: isOverlapped, takesTurns: kind.takesTurns)
        outlook.share(among: self.sequences.now, of: self.sequences.most)
        if let told { outlook.take(told.report, now: told.at) }
        if let heartbeat { outlook.hear(roundTrip: heartbeat.roundTrip, now: heartbeat.at) }
        return outlook
    }

    /// - Returns: where the kind's entry is: at the end.
    private mutating func use(_ kind: Kind) -> Int {
        let last = self.entries.count - 1
        if last >= 0, self.entries[last].kind == kind { return last }
        let entry = self.entries.first { $0.kind == kind } ?? Entry(kind: kind, outlook: self.fresh(kind))
        self.entries.removeAll { $0.kind == kind }
        if self.entries.count == Self.most { self.entries.removeFirst() }
        self.entries.append(entry)
        return self.entries.count - 1
    }
}
