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
