/// Shares the rows of a pass out among those that have rows for it.
public enum RowShares {
    /// One row for each, as far as they reach; the others go out evenly, and what one does not need goes to the rest. So
    /// a short prompt is through at once, however long the others are.
    ///
    /// - Parameters:
    ///   - wanted: rows that each has, at least one.
    ///   - rows: of the pass.
    /// - Returns: in the order of `wanted`.
    public static func even(_ wanted: [Int], rows: Int) -> [Int] {
        let served = min(wanted.count, rows)
        var shares = Array(repeating: 0, count: wanted.count)
        var left = rows - served
        // Who needs least is served first: what it leaves is known then.
        let order = (0..<served).sorted { (wanted[$0], $0) < (wanted[$1], $1) }
        for (place, index) in order.enumerated() {
            let more = min(wanted[index] - 1, left / (served - place))
            shares[index] = 1 + more
            left -= more
        }
        return shares
    }
}
