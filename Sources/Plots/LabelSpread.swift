/// Moves labels apart as little as possible.
enum LabelSpread {
    /// The places nearest to the wanted ones (least squares) that keep the order and stay `gap` apart, within the range;
    /// closer where the range is too short for all. Isotonic regression by pooling neighbours.
    static func spread(_ wanted: [Double], gap: Double, within range: ClosedRange<Double>) -> [Double] {
        guard wanted.count > 1 else { return wanted.map { $0.clamped(to: range) } }
        let steps = Double(wanted.count - 1)
        let length = range.upperBound - range.lowerBound
        let gap = min(gap, length / steps)
        let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
        // With the gaps taken out, the places only have to rise.
        var pools: [(mean: Double, count: Int)] = []
        for (rank, index) in order.enumerated() {
            pools.append((wanted[index] - Double(rank) * gap, 1))
            while pools.count > 1, pools[pools.count - 2].mean > pools[pools.count - 1].mean {
                let last = pools.removeLast()
                let other = pools.removeLast()
                let count = last.count + other.count
                pools.append(
                    ((last.mean * Double(last.count) + other.mean * Double(other.count)) / Double(count), count))
            }
        }
        var places = wanted
        var rank = 0
        for pool in pools {
            for _ in 0..<pool.count {
                let mean = pool.mean.clamped(
                    to: range.lowerBound...max(range.lowerBound, range.upperBound - steps * gap))
                places[order[rank]] = mean + Double(rank) * gap
                rank += 1
            }
        }
        return places
    }
}
