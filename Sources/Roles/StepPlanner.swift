public import Speculation

/// Decides what the target's next step takes: which sequences, how much of a prefill, and which draft tokens.
///
/// One pass serves every sequence that is ready (continuous batching; Yu et al., "Orca", OSDI 2022). Each brings its
/// plain row, which always brings a token. Draft tokens compete for further rows by their survival, at one price for all
/// sequences: what the row adds to the pass, at the rate of the whole target. Of a prefill a pass takes a piece that
/// does not hold up the others for long.
public struct StepPlanner: Sendable {
    /// Most rows that one pass may hold.
    let maxRows: Int
    /// Most rows of a piece of a prefill; pieces end at its multiples.
    private let piece: Int
    /// What passes keep to where they are to agree to the last bit.
    let exact: ExactPasses?
    /// The sequence that is looked at first, where not all have room.
    private var turn = 0

    /// - Parameters:
    ///   - piece: most rows of a piece of a prefill, unless `exact` says less.
    ///   - exact: what passes keep to, where they are to agree to the last bit.
    public init(maxRows: Int, piece: Int = Self.usualPiece, exact: ExactPasses? = nil) {
        self.maxRows = maxRows
        let most = exact.map { $0.isUniform ? $0.most : ExactPasses.piece } ?? .max
        self.piece = min(piece, most, maxRows)
        self.exact = exact
    }

    public static let usualPiece = 128

    /// Most draft tokens of one sequence.
    private var mostCandidates: Int {
        self.exact == nil ? LookaheadRule.mostTokens : max(0, min(self.piece, ExactPasses.piece) - 1)
    }

    /// Rows that a part takes up.
    private func rows(feed: Int, candidates: Int = 0) -> Int {
        self.exact?.rows(for: feed + candidates) ?? feed + candidates
    }

    /// What becomes of one sequence.
    public enum Part: Equatable, Sendable {
        /// Not in the pass: finished, busy, or without room.
        case out
        /// Its block is waited for.
        case wait(until: Seconds)
        /// Not in the pass: its block is likely there for the next one.
        case skip
        /// In the pass, with `feed` committed tokens that its slot lacks, and `candidates` draft tokens.
        case pass(feed: Int, candidates: Int)
    }

    public struct Plan: Equatable, Sendable {
        /// As many as sequences.
        public var parts: [Part]
        /// Where nothing is passed although something is open: when to look again.
        public var wait: Seconds?
    }

    /// - Parameters:
    ///   - standings: of the sequences.
    ///   - meter: what passes of this target cost and bring.
    public mutating func plan(_ standings: [TargetSequence.Standing], _ meter: TargetMeter, now: Seconds) -> Plan {
        var plan = Plan(parts: Array(repeating: .out, count: standings.count))
        var rows = 0
        var open = 0
        var prefills: [(index: Int, offer: TargetSequence.Prefill)] = []
        var waiting: [Awaiting] = []
        var priced: [(index: Int, survivals: [Double])] = []
        let begin = self.turn
        var isFull = false
        // Nobody's draft tokens take the place of another's plain row, and nobody's rows that of all prefills.
        let prefill = self.rowsKept(for: standings)
        var reserved = self.reserved(for: standings) + prefill
        let most = self.maxRows - prefill
        for offset in 0..<standings.count {
            let index = (begin + offset) % standings.count
            guard case .open(let offer) = standings[index] else { continue }
            open += 1
            switch offer {
            case .prefill(let prefill):
                prefills.append((index, prefill))
            case .awaiting(let feed, let known, let since):
                reserved -= self.rows(feed: feed)
                waiting.append(Awaiting(index: index, feed: feed, waiting: known, since: since))
            case .ready(let feed, let survivals, let isPriced):
                reserved -= self.rows(feed: feed)
                guard rows + self.rows(feed: feed) <= most else {
                    // First in the next pass.
                    if !isFull { self.turn = index }
                    isFull = true
                    continue
                }
                let room = max(0, self.maxRows - rows - feed - max(0, reserved))
                let firm = isPriced ? 0 : min(survivals.count, self.mostCandidates, room)
                plan.parts[index] = .pass(feed: feed, candidates: firm)
                rows += self.rows(feed: feed, candidates: firm)
                if isPriced, !survivals.isEmpty { priced.append((index, survivals)) }
            }
        }
        rows = self.wait(for: waiting, rows, atMost: most, meter, now, &plan)
        // In turn with the draft a prefill would take its time from the blocks that are waited for.
        if plan.wait != nil, prefills.isEmpty || waiting.contains(where: \.waiting.takesTurns) { return plan }
        plan.wait = nil
        let plain = rows
        if rows > 0, meter.needsPassWithoutPrefill { prefills.removeAll() }
        rows = self.feed(prefills, rows, beside: max(rows, min(waiting.count, 1)), of: open, meter, now, &plan)
        self.spend(rows, on: priced, beside: plain, meter, &plan)
        return plan
    }

    /// Plain rows that the sequences without a prefill want.
    private func reserved(for standings: [TargetSequence.Standing]) -> Int {
        standings.reduce(0) { rows, standing in
            guard case .open(let offer) = standing else { return rows }
            if case .prefill = offer { return rows }
            return rows + self.rows(feed: offer.feed)
        }
    }

    /// Rows that are kept for one prefill, so that it goes on however many other sequences there are.
    private func rowsKept(for standings: [TargetSequence.Standing]) -> Int {
        let hasPrefill = standings.contains { if case .open(.prefill) = $0 { true } else { false } }
        guard hasPrefill else { return 0 }
        return min(self.rows(feed: self.isWhole ? self.piece : Self.leastPiece), self.maxRows / 2)
    }

    // MARK: Wait, skip or step

    /// A sequence without draft tokens.
    private struct Awaiting {
        var index: Int
        var feed: Int
        var waiting: Waiting
        var since: Seconds
    }

    /// Decides of the sequences without draft tokens.
    ///
    /// - Returns: rows of the pass so far.
    private func wait(
        for waiting: [Awaiting], _ rows: Int, atMost most: Int, _ meter: TargetMeter, _ now: Seconds,
        _ plan: inout Plan
    ) -> Int {
        var rows = rows
        var open = waiting
        // Those that go on without their blocks make a pass, which the others can join or miss: so they decide anew.
        while true {
            let others = rows
            open.removeAll { awaiting in
                let index = awaiting.index
                let choice = awaiting.waiting.choose(
                    since: awaiting.since, now: now, others: others, rate: meter.decodeTokensPerSecond,
                    cost: meter.seconds)
                switch choice {
                case .wait(let limit): plan.parts[index] = .wait(until: limit)
                case .skip: plan.parts[index] = .skip
                case .step where rows + self.rows(feed: awaiting.feed) <= most:
                    plan.parts[index] = .pass(feed: awaiting.feed, candidates: 0)
                    rows += self.rows(feed: awaiting.feed)
                    return true
                case .step: plan.parts[index] = .out
                }
                return false
            }
            guard others == 0, rows > 0 else { break }
        }
        for awaiting in open {
            if case .wait(let until) = plan.parts[awaiting.index] { plan.wait = min(plan.wait ?? .infinity, until) }
        }
        return rows
    }

    // MARK: Prefills

    /// Gives prefills pieces that hold up the others as `TargetMeter.prefillRows` says.
    ///
    /// Whoever has waited longest for what is left of its prompt goes first (highest response ratio next; Brinch Hansen,
    /// 1971): a short prompt does not wait for a long one, and a long one not for ever.
    ///
    /// - Parameters:
    ///   - rows: of the pass so far.
    ///   - others: rows that a pass has at least.
    ///   - texts: sequences that are open.
    private func feed(
        _ prefills: [(index: Int, offer: TargetSequence.Prefill)], _ rows: Int, beside others: Int,
        of texts: Int, _ meter: TargetMeter, _ now: Seconds, _ plan: inout Plan
    ) -> Int {
        guard !prefills.isEmpty else { return rows }
        let queue = prefills.sorted { left, right in
            let (first, second) = (left.offer.urgency(at: now), right.offer.urgency(at: now))
            return first != second ? first > second : (left.offer.feed, left.index) < (right.offer.feed, right.index)
        }
        var rows = rows
        // What all have, and what of that the long ones may have.
        var (allRoom, longRoom) = (self.maxRows - rows, self.maxRows - rows)
        if others > 0 {
            let wanted = queue.reduce(0) { min($0 + self.rows(feed: self.nextPiece(of: $1.offer)), allRoom) }
            func rowsBeside(endsSoon: Bool) -> Int {
                min(
                    allRoom,
                    meter.prefillRows(
                        beside: others, waiting: queue.count, of: texts, endsSoon: endsSoon,
                        step: self.rows(feed: Self.leastPiece), most: wanted))
            }
            (allRoom, longRoom) = (rowsBeside(endsSoon: true), rowsBeside(endsSoon: false))
        }
        for (place, (index, offer)) in queue.enumerated() {
            var feed = self.nextPiece(of: offer)
            let room = offer.feed <= Self.shortPrompt ? allRoom : min(allRoom, longRoom)
            if self.isWhole {
                // A piece is a function of the prompt alone, whatever room the others leave. The first has to go on.
                if offer.position < offer.promptCount { feed = min(feed, offer.promptCount - offer.position) }
                guard self.rows(feed: feed) <= (place == 0 ? self.maxRows - rows : room) else { continue }
            } else {
                feed = min(feed, room)
                guard feed > 0, self.rows(feed: feed) <= room else { continue }
            }
            plan.parts[index] = .pass(feed: feed, candidates: 0)
            rows += self.rows(feed: feed)
            allRoom -= self.rows(feed: feed)
            longRoom -= self.rows(feed: feed)
        }
        return rows
    }

    /// Rows up to the end of the prompt, or of the piece that they lie in.
    private func nextPiece(of prefill: TargetSequence.Prefill) -> Int {
        min(prefill.feed, self.piece - prefill.position % self.piece)
    }

    private static let leastPiece = 8
    /// Most rows left of a prompt that ends soon.
    private static let shortPrompt = 256

    /// Whether pieces of prompts are computed whole and by themselves.
    private var isWhole: Bool { self.exact.map { !$0.isUniform } ?? false }

    // MARK: The budget of rows

    /// Spends rows on the draft tokens of highest survival, as many as bring most beyond what their rows cost.
    ///
    /// - Parameters:
    ///   - rows: of the pass so far.
    ///   - plain: those of them that are not of prefills.
    private func spend(
        _ rows: Int, on priced: [(index: Int, survivals: [Double])], beside plain: Int, _ meter: TargetMeter,
        _ plan: inout Plan
    ) {
        guard !priced.isEmpty else { return }
        var ranked: [(survival: Double, index: Int)] = []
        for (index, survivals) in priced { ranked += survivals.prefix(self.mostCandidates).map { ($0, index) } }
        // Along a sequence survivals fall, so that the best ones of all are leading ones of each.
        ranked.sort { $0.survival > $1.survival }
        let most = min(ranked.count, self.maxRows - rows)
        var (worth, best, count) = (0.0, 0.0, 0)
        let base = meter.seconds(rows: rows)
        // The target does at least what plain rows bring.
        let alone = meter.seconds(rows: plain)
        let rate = max(meter.decodeTokensPerSecond, alone > 0 ? Double(priced.count) / alone : 0)
        for taken in 0..<max(0, most) {
            worth += ranked[taken].survival
            let gain = worth - rate * (meter.seconds(rows: rows + taken + 1) - base)
            if gain > best { (best, count) = (gain, taken + 1) }
        }
        var candidates: [Int: Int] = [:]
        for (_, index) in ranked.prefix(count) { candidates[index, default: 0] += 1 }
        for (index, count) in candidates {
            guard case .pass(let feed, _) = plan.parts[index] else { continue }
            plan.parts[index] = .pass(feed: feed, candidates: count)
        }
    }
}
