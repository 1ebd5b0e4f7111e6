/// Where most of some values lie, and the ends.
public struct Quantiles: Codable, Equatable, Sendable {
    public var count: Int
    public var mean: Double
    public var least: Double
    public var p50: Double
    public var p95: Double
    public var p99: Double
    public var largest: Double

    /// - Returns: `nil` of no values.
    public init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let least = sorted.first, let largest = sorted.last else { return nil }
        self.count = sorted.count
        self.mean = sorted.reduce(0, +) / Double(sorted.count)
        self.least = least
        self.p50 = quantile(0.5, of: sorted)
        self.p95 = quantile(0.95, of: sorted)
        self.p99 = quantile(0.99, of: sorted)
        self.largest = largest
    }

    /// Of several measurements: all their values counted, the mean and the ends of all, and the medians of what is between.
    ///
    /// - Returns: `nil` of none.
    public init?(summing parts: [Self]) {
        guard let least = parts.map(\.least).min(), let largest = parts.map(\.largest).max(),
            let p50 = median(parts.map(\.p50)), let p95 = median(parts.map(\.p95)), let p99 = median(parts.map(\.p99))
        else { return nil }
        self.count = parts.reduce(0) { $0 + $1.count }
        self.mean = parts.reduce(0) { $0 + Double($1.count) * $1.mean } / Double(self.count)
        (self.least, self.p50, self.p95, self.p99, self.largest) = (least, p50, p95, p99, largest)
    }

    /// The largest over the least.
    public var spread: Double { self.least > 0 ? self.largest / self.least : .infinity }
}

/// The value below which this share of the values lies: between the two nearest, in proportion.
///
/// - Parameter sorted: ascending, at least one.
package func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
}
