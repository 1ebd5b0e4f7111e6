/// What a draft's model works on: the orders of many slots side by side, in steps of one pass each.
///
/// A step takes rows of all orders, then each that is through its rows chooses a token. Between steps orders join, and
/// others are ended. A value without model and clock: whoever has the model computes what a step feeds, tells what was
/// chosen, and hands on what came of the orders that are done.
public struct DraftBatch: Sendable {
    private struct Run {
        let slot: Int
        var progress: DraftProgress
        /// Most rows that it brings into the step.
        var share = 0
    }

    /// At most one for each slot; who has waited longest for a pass is first.
    private var waiting: [Run] = []
    /// Those in the step, by slot.
    private var stepping: [Run] = []
    /// What is missing in slots whose order was ended before it was fed. The next order counts on it.
    private var unfed: [Int: (position: Int, tokens: ArraySlice<Token>)] = [:]
    /// Slots that lost all they held, and had no order since.
    private var emptied: Set<Int> = []
    private let maxRows: Int
    /// Whether the target's passes run on the same thread.
    private let sharesThread: Bool
    /// Steps in a row, on a shared thread.
    private var steps = 0
    private var steppingSince: Seconds = 0

    /// Rows of a pass beyond one for each order, where a long feed could hold up an order that needs few.
    private static let prefillRows = 32

    /// - Parameters:
    ///   - maxRows: most rows that one pass may hold.
    ///   - sharesThread: whether the target's passes run on the draft's thread. Blocks are then drafted in one go: with a
    ///     pass between each two of its tokens, every block would come too late. Long feeds wait until no order drafts, and
    ///     are fed one after the other, the shortest first; for a draft that is always busy that would be too late.
    public init(maxRows: Int, sharesThread: Bool = false) {
        self.maxRows = sharesThread ? min(maxRows, Self.mostSharedRows) : maxRows
        self.sharesThread = sharesThread
    }

    /// Most steps in a row on a shared thread: as many as a long block has, for others wait meanwhile.
    private static let mostSteps = 16
    /// Most rows of a step on a shared thread: as many as hold up others for about as long as a block.
    private static let mostSharedRows = 64

    public var isEmpty: Bool { self.waiting.isEmpty && self.stepping.isEmpty }

    /// Whether there is an order with few tokens to feed.
    var isDrafting: Bool {
        self.waiting.contains { $0.progress.rows <= DraftOrder.mostFed }
    }

    /// Whether the next step follows at once on a shared thread, before whatever else waits for it.
    public var goesOn: Bool { self.sharesThread && self.steps > 0 && self.isDrafting }

    public func isBusy(slot: Int) -> Bool {
        self.waiting.contains { $0.slot == slot } || self.stepping.contains { $0.slot == slot }
    }

    // MARK: Between steps

    /// Takes an order into a slot that has none.
    ///
    /// - Returns: the position to which the slot is to be rolled back before the next step; `nil` where the order counts on
    ///   rows that a failed step took while it was on its way, so that it fails too.
    public mutating func join(_ order: DraftOrder, slot: Int) -> Int? {
        precondition(!self.isBusy(slot: slot), "a slot has one order at a time")
        guard order.position == 0 || !self.emptied.contains(slot) else { return nil }
        self.emptied.remove(slot)
        var order = order
        if let missing = self.unfed.removeValue(forKey: slot), missing.position < order.position {
            order.feed.insert(contentsOf: missing.tokens.prefix(order.position - missing.position), at: 0)
            order.position = missing.position
        }
        self.waiting.append(Run(slot: slot, progress: DraftProgress(order)))
        return order.position
    }

    /// Ends the order in a slot.
    ///
    /// - Returns: what has come of it so far; `nil` where the slot has none.
    public mutating func end(slot: Int) -> DraftOutcome? {
        guard let index = self.waiting.firstIndex(where: { $0.slot == slot }) else { return nil }
        let progress = self.waiting.remove(at: index).progress
        if !progress.isFed { self.unfed[slot] = progress.unfed }
        return progress.outcome
    }

    /// A slot has lost all that it held; the order in it, if there is one, is dropped.
    public mutating func empty(slot: Int) {
        self.unfed[slot] = nil
        self.emptied.insert(slot)
        self.waiting.removeAll { $0.slot == slot }
        self.stepping.removeAll { $0.slot == slot }
    }

    // MARK: The step: feed, choose, hand over

    /// What one slot brings into a step.
    public struct Part: Sendable {
        public var slot: Int
        public var feed: DraftProgress.Feed
        /// Position of the token that is chosen behind the feed, if one is.
        public var position: Int
    }

    /// Begins a step.
    ///
    /// What an order is told to have taken is the time of its steps: between them the model's thread may do other work.
    ///
    /// - Returns: what its pass feeds, by slot: slots with memory of their own are computed together where their numbers
    ///   follow each other in a pass.
    public mutating func beginStep(now: Seconds) -> [Part] {
        self.steppingSince = now
        let shares = self.sharesThread ? self.sharesByNeed() : self.evenShares()
        for (index, share) in shares.enumerated() { self.waiting[index].share = share }
        // Runs are moved where they can be: a copy of one is expensive.
        if shares.count == self.waiting.count, self.stepping.isEmpty {
            swap(&self.waiting, &self.stepping)
        } else {
            self.stepping += self.waiting.prefix(shares.count)
            self.waiting.removeFirst(shares.count)
        }
        self.stepping.sort { $0.slot < $1.slot }
        var parts: [Part] = []
        parts.reserveCapacity(self.stepping.count)
        for index in self.stepping.indices {
            let position = self.stepping[index].progress.nextPosition
            let feed = self.stepping[index].progress.nextFeed(atMost: self.stepping[index].share)
            parts.append(Part(slot: self.stepping[index].slot, feed: feed, position: position))
        }
        return parts
    }

    private func evenShares() -> [Int] {
        Array(RowShares.even(self.waiting.map(\.progress.rows), rows: self.rowsOfPass).prefix { $0 > 0 })
    }

    /// All rows that each has, as far as they reach, for those with the fewest first; these are moved to the front. Long
    /// feeds are left out while an order drafts.
    private mutating func sharesByNeed() -> [Int] {
        self.waiting.sort { $0.progress.rows < $1.progress.rows }
        let wanted = self.waiting.map(\.progress.rows)
        let drafting = wanted.prefix { $0 <= DraftOrder.mostFed }
        var left = self.maxRows
        var shares: [Int] = []
        for rows in drafting.isEmpty ? wanted[...] : drafting where left > 0 {
            shares.append(min(rows, left))
            left -= shares.last!
        }
        return shares
    }

    private var rowsOfPass: Int {
        let isShared = self.waiting.count > 1 && self.waiting.contains { $0.progress.rows <= Self.prefillRows }
        return isShared ? min(self.maxRows, self.waiting.count + Self.prefillRows) : self.maxRows
    }

    /// Takes the token that was chosen behind the feed of a part.
    ///
    /// - Parameters:
    ///   - index: of the part.
    ///   - token: `nil`: none; the order drafts no more.
    ///   - isEnd: whether it ends the generation.
    public mutating func take(_ token: DraftedToken?, ofPart index: Int, isEnd: Bool) {
        guard let token else { return self.stepping[index].progress.stop() }
        self.stepping[index].progress.take(token, isEnd: isEnd)
    }

    /// Ends a step.
    ///
    /// - Returns: what came of the orders that are done.
    public mutating func endStep(now: Seconds) -> [(slot: Int, outcome: DraftOutcome)] {
        var done: [(slot: Int, outcome: DraftOutcome)] = []
        let (seconds, orders) = (max(0, now - self.steppingSince), self.stepping.count)
        for index in self.stepping.indices {
            self.stepping[index].progress.passed(seconds: seconds, orders: orders)
            guard self.stepping[index].progress.isDone else { continue }
            done.append((self.stepping[index].slot, self.stepping[index].progress.outcome))
        }
        if !done.isEmpty { self.stepping.removeAll { $0.progress.isDone } }
        if self.waiting.isEmpty {
            swap(&self.waiting, &self.stepping)
        } else {
            self.waiting += self.stepping
            self.stepping.removeAll(keepingCapacity: true)
        }
        self.steps = self.isDrafting ? (self.steps + 1) % Self.mostSteps : 0
        return done
    }

    /// Drops the orders of a step that failed.
    ///
    /// - Returns: their slots, which are to be emptied.
    public mutating func failStep() -> [Int] {
        let slots = self.stepping.map(\.slot)
        for slot in slots { self.empty(slot: slot) }
        self.steps = 0
        return slots
    }
}
