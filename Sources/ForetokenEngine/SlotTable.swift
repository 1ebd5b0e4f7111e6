internal import Speculation

/// How many rows each slot holds, and the rule that rows continue their slots without a gap.
struct SlotTable {
    private(set) var lengths: [Int]
    /// Rows that a slot holds at most.
    let context: Int
    /// Rows of one pass at most.
    let maxRows: Int
    let vocabularySize: Int

    init(slots: Int, context: Int, maxRows: Int, vocabularySize: Int) {
        self.lengths = Array(repeating: 0, count: slots)
        self.context = context
        self.maxRows = maxRows
        self.vocabularySize = vocabularySize
    }

    /// The lengths once `rows` are in their slots.
    ///
    /// - Throws: `ModelError.invalidRows` or `.noRoom` where the rows do not continue their slots or do not fit.
    func lengths(after rows: [Row]) throws(ModelError) -> [Int] {
        if rows.isEmpty { throw .invalidRows(reason: "a pass has at least one row") }
        if rows.count > self.maxRows {
            throw .invalidRows(reason: "\(rows.count) rows are more than the \(self.maxRows) of a pass")
        }
        var lengths = self.lengths
        for row in rows {
            if Int(row.token) >= self.vocabularySize {
                throw .invalidRows(reason: "token \(row.token) is not in a vocabulary of \(self.vocabularySize)")
            }
            if !lengths.indices.contains(row.slot) {
                throw .invalidRows(reason: "slot \(row.slot) is not one of \(lengths.count)")
            }
            if row.position != lengths[row.slot] {
                throw .invalidRows(
                    reason: "slot \(row.slot) goes on at position \(lengths[row.slot]), not at \(row.position)")
            }
            if row.position >= self.context {
                throw .noRoom(reason: "slot \(row.slot) holds \(self.context) tokens and is full")
            }
            lengths[row.slot] += 1
        }
        return lengths
    }

    mutating func commit(_ lengths: [Int]) {
        self.lengths = lengths
    }

    /// Whether a slot holds rows at `position` or behind.
    ///
    /// - Throws: `ModelError.cannotRollBack` for a slot that is not there, or a negative position.
    func needsRollBack(slot: Int, to position: Int) throws(ModelError) -> Bool {
        if !self.lengths.indices.contains(slot) {
            throw .cannotRollBack(reason: "slot \(slot) is not one of \(self.lengths.count)")
        }
        if position < 0 { throw .cannotRollBack(reason: "position \(position) is before the first") }
        return position < self.lengths[slot]
    }

    /// - Throws: `ModelError.invalidRows` where a slot is not there, or `source` holds fewer than `count` rows.
    func checkCopy(from source: Int, to slot: Int, count: Int) throws(ModelError) {
        for slot in [source, slot] where !self.lengths.indices.contains(slot) {
            throw .invalidRows(reason: "slot \(slot) is not one of \(self.lengths.count)")
        }
        if !(0...self.lengths[source]).contains(count) {
            throw .invalidRows(
                reason: "slot \(source) holds \(self.lengths[source]) rows, so \(count) cannot be copied")
        }
    }

    /// - Precondition: the slot holds that many rows.
    mutating func set(slot: Int, to count: Int) {
        self.lengths[slot] = count
    }
}
