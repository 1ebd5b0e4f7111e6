public import Speculation

/// The slots of a model, and where a new sequence finds tokens that are computed already: in a free slot, which still
/// holds those of its last sequence, or in the slot of a live one, from which they are copied.
///
/// A value: the service tells what slots hold when they come back, and has the engine carry placements out.
public struct SlotPool: Sendable {
    public let count: Int
    /// Least recently given back first.
    private var free: [Held]
    /// Tokens that free slots remember together.
    private let mostRemembered: Int

    /// Tokens that a slot holds, from position 0 on.
    public struct Held: Sendable {
        public var slot: Int
        public var tokens: ArraySlice<Token>

        public init(slot: Int, tokens: ArraySlice<Token>) {
            self.slot = slot
            self.tokens = tokens
        }
    }

    /// Where a sequence goes.
    public struct Placement: Equatable, Sendable {
        public var slot: Int
        /// Its first tokens that need not be computed. What the slot holds behind them is to be rolled back.
        public var reused: Int
        /// The slot from which they are to be copied; `nil` where they lie in `slot`.
        public var source: Int?

        public init(slot: Int, reused: Int = 0, source: Int? = nil) {
            self.slot = slot
            self.reused = reused
            self.source = source
        }
    }

    /// Rows that must be saved for another slot than the one least worth keeping, or for a copy: a few more rows of a
    /// pass cost less than what would be lost.
    public static let leastGain = 16

    /// - Parameter mostRemembered: tokens that free slots remember together. Where slots share a memory, every pass looks
    ///   over what is in it.
    public init(count: Int, mostRemembered: Int = .max) {
        self.count = count
        self.mostRemembered = mostRemembered
        self.free = (0..<count).reversed().map { Held(slot: $0, tokens: []) }
    }

    public var busy: Int { self.count - self.free.count }

    /// Takes a slot for a sequence: the one least worth keeping, unless another, or a copy, saves clearly more rows.
    ///
    /// Least worth keeping is a slot that holds nothing, the last given back first, so that few are in use; or else the
    /// one least recently given back. At least one token is left to compute. Costs a comparison of the sequence's first
    /// tokens with each slot's, up to where they differ.
    ///
    /// - Parameters:
    ///   - tokens: of the sequence, as far as they are known.
    ///   - live: what slots of live sequences hold for sure.
    ///   - granularity: what is reused is a multiple of it.
    ///   - most: tokens that are reused at most.
    /// - Returns: `nil` where all are busy.
    public mutating func take(
        for tokens: [Token], among live: [Held] = [], granularity: Int = 1, most mostReused: Int = .max
    ) -> Placement? {
        guard !self.free.isEmpty else { return nil }
        func reusable(_ held: Held) -> Int {
            let most = min(tokens.count - 1, held.tokens.count, mostReused)
            guard most > 0 else { return 0 }
            let shared = zip(tokens, held.tokens).prefix(most).prefix { $0 == $1 }.count
            return shared / granularity * granularity
        }
        let least = self.free.lastIndex { $0.tokens.isEmpty } ?? 0
        var (index, reused) = (least, reusable(self.free[least]))
        let own = self.free.indices.map { (index: $0, reused: reusable(self.free[$0])) }
        // Among equals it is the first, which was given back longest ago.
        if let best = own.max(by: { ($0.reused, $1.index) < ($1.reused, $0.index) }),
            best.reused >= reused + Self.leastGain
        {
            (index, reused) = best
        }
        var source: Int?
        for held in live {
            let count = reusable(held)
            guard count >= reused + (source == nil ? Self.leastGain : 1) else { continue }
            (index, reused, source) = (least, count, held.slot)
        }
        return Placement(slot: self.free.remove(at: index).slot, reused: reused, source: source)
    }

    /// - Parameter tokens: that the slot still holds, from position 0 on; none, where that is not sure.
    /// - Returns: free slots that are to be emptied.
    public mutating func give(back slot: Int, holding tokens: ArraySlice<Token> = []) -> [Int] {
        self.free.append(Held(slot: slot, tokens: tokens))
        var room = self.mostRemembered
        var emptied = tokens.isEmpty ? [slot] : []
        for index in self.free.indices.reversed() where !self.free[index].tokens.isEmpty {
            room -= self.free[index].tokens.count
            guard room < 0 else { continue }
            self.free[index].tokens = []
            emptied.append(self.free[index].slot)
        }
        return emptied
    }

    /// What a free slot remembers is not there any more.
    public mutating func forget(_ slot: Int) {
        for index in self.free.indices where self.free[index].slot == slot { self.free[index].tokens = [] }
    }
}
