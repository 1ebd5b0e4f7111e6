/// What a sequence knows of the blocks that it may wait for: when they come after a verdict, and what they bring.
///
/// Decides, where no draft token is at hand, between waiting for the next block, leaving the sequence out of the pass,
/// and one plain token. Let A be the time until the block comes, u the probability that one comes, a the probability
/// that its first token is right, D the time of a pass that checks it, and T that of a plain token. A plain token now
/// does not make the block worthless: if its first token is right, which is the plain one then, the rest still counts. So
/// a plain token costs its pass, and saves the wait and, where the first token is wrong, a wide pass that brings no more
/// than the plain one: wait while A < u (T - (1 - a) D). The rate of the sequence drops out. Where other sequences go
/// anyway, T and D are what the rows add to their pass, a wait delays all of them, and a pass more is worth something.
public struct Waiting: Equatable, Sendable {
    /// From a verdict to the block that stands on it.
    private(set) var arrival: Patience
    /// Probability that a verdict is answered by a block, and not by the word that nothing is worth sending.
    private(set) var presence = 0.7
    /// Probability that the first token of a block is right.
    private(set) var first = 0.7
    /// Draft tokens of a block, and those that a pass accepts.
    private(set) var size = 4.0
    private(set) var accepted = 1.5
    private var blocks = 0
    /// Where and when verdicts left the draft, the latest last.
    private var verdicts: [(position: Int, at: Seconds)] = []

    private static let mostVerdicts = 64
    /// Blocks that the averages stand on.
    private static let memory = 32

    /// Whether every block is waited for, as far as patience reaches.
    let isSynchronous: Bool
    /// Whether the draft computes on the target's cores: it is at work exactly while no pass is.
    public let takesTurns: Bool

    public init(_ arrival: Patience = Patience(), isSynchronous: Bool = false, takesTurns: Bool = false) {
        self.arrival = arrival
        self.isSynchronous = isSynchronous || takesTurns
        self.takesTurns = takesTurns
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.arrival == right.arrival && left.presence == right.presence && left.first == right.first
            && left.size == right.size
            && left.accepted == right.accepted
    }

    // MARK: Measurements

    /// The draft learns of everything before a position.
    mutating func tell(position: Int, now: Seconds) {
        if self.verdicts.count == Self.mostVerdicts { self.verdicts.removeFirst(Self.mostVerdicts / 2) }
        self.verdicts.append((position, now))
    }

    /// A block came that stands on the first `position` tokens, or the word that none is worth sending there.
    ///
    /// - Returns: whether these are the tokens of a verdict.
    mutating func hear(position: Int, isBlock: Bool = true, now: Seconds) -> Bool {
        guard let index = self.verdicts.lastIndex(where: { $0.position == position }) else { return false }
        self.arrival.learn(now - self.verdicts[index].at)
        self.verdicts.removeSubrange(...index)
        self.presence += ((isBlock ? 1 : 0) - self.presence) / 16
        return true
    }

    /// What the next sequence with the same draft and rule can go by.
    public var forNext: Waiting {
        var next = self
        next.verdicts = []
        next.arrival.forgive()
        return next
    }

    /// It is known what the first token of a block that stood on the latest verdict was worth.
    mutating func learn(isFirstRight: Bool) {
        self.blocks = min(self.blocks + 1, Self.memory)
        self.first += ((isFirstRight ? 1 : 0) - self.first) / Double(self.blocks + 2)
    }

    /// A pass checked a block.
    mutating func learn(accepted: Int, of candidates: Int) {
        let weight = 1 / Double(self.blocks + 2)
        self.size += (Double(candidates) - self.size) * weight
        self.accepted += (Double(accepted) - self.accepted) * weight
    }

    /// A wait was in vain.
    mutating func miss() { self.arrival.miss() }

    // MARK: The decision

    public enum Choice: Equatable, Sendable {
        /// For the block, until then at the latest.
        case wait(until: Seconds)
        /// Without this sequence; its block is likely there for the next pass.
        case skip
        /// With one row of it.
        case step
    }

    /// What a pass costs, as far as known: seconds for a number of rows.
    public typealias Cost = (_ rows: Int) -> Seconds

    /// The longest wait; for a draft on the target's cores at least as long as a plain token takes, which is what going on
    /// would cost.
    func limit(_ cost: Cost) -> Seconds {
        self.takesTurns ? max(self.arrival.limit, cost(1)) : self.arrival.limit
    }

    /// - Parameters:
    ///   - since: when the draft was told what the block is to stand on.
    ///   - others: rows of other sequences that are ready to go.
    ///   - rate: tokens a second of the whole target.
    ///   - cost: of a pass.
    public func choose(since: Seconds, now: Seconds, others: Int, rate: Double, cost: Cost) -> Choice {
        var until = since + self.limit(cost)
        guard now < until else { return .step }
        // A pass now would keep the draft from the cores that it needs, and the block would miss the next one too.
        if self.takesTurns { return .wait(until: until) }
        if self.isSynchronous { return others > 0 ? .skip : .wait(until: until) }
        // Where nothing is known of when one comes, the first tell it while the target goes on.
        guard let usual = self.arrival.usual else { return .step }
        let left = max(usual - (now - since), self.arrival.spread)
        let alone = others > 0 ? cost(others) : 0
        let plain = cost(others + 1) - alone
        let wide = cost(others + 1 + max(1, Int(self.size.rounded()))) - alone
        // What another pass is worth: for one that has the target for itself, nothing beyond its time.
        let gain = others > 0 && rate > 0 ? max(0, (1 + self.accepted) / rate - wide) : 0
        let saved = self.presence * (plain - wide + self.first * (wide + gain))
        let most = others > 0 ? min(saved, alone / 4) : saved
        // One that is late is waited for no longer beyond its time than one is worth.
        until = min(until, since + usual + most)
        if left < most, now < until { return .wait(until: until) }
        let whole = self.presence * (plain - (1 - self.first) * wide)
        if others > 0, whole > (1 - self.presence * self.first) * gain, left < alone { return .skip }
        return .step
    }
}
