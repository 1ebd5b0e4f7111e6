/// Decides where a sequence goes: to the member of a fleet with the largest share of free slots.
enum Placement {
    /// How full a target or a draft is.
    struct Occupancy: Equatable, Sendable {
        /// 0 where nobody answers.
        var slots: Int
        var sequences: Int

        init(slots: Int, sequences: Int = 0) {
            self.slots = slots
            self.sequences = sequences
        }

        var isFull: Bool { self.sequences >= self.slots }
        var share: Double { Double(self.sequences) / Double(max(1, self.slots)) }
    }

    /// - Returns: the first of those that are the least full; `nil` where all are full.
    static func choose<Key>(among members: some Sequence<(key: Key, occupancy: Occupancy)>) -> Key? {
        var best: (key: Key, share: Double)?
        for (key, occupancy) in members where !occupancy.isFull {
            if occupancy.share < best?.share ?? .infinity { best = (key, occupancy.share) }
        }
        return best?.key
    }
}
