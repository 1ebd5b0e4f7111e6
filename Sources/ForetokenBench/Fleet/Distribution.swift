/// How values are spread, the tail told finely.
public struct Distribution: Codable, Equatable, Sendable {
    public var count: Int
    public var mean: Double
    public var least: Double
    public var p50: Double
    public var p95: Double
    public var p99: Double
    public var largest: Double
    /// The values below which each twentieth of them lies, from the least to the largest.
    public var curve: [Double]

    /// - Returns: `nil` of no values.
    public init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let least = sorted.first, let largest = sorted.last else { return nil }
        self.count = sorted.count
        self.mean = sorted.reduce(0, +) / Double(sorted.count)
        (self.least, self.largest) = (least, largest)
        self.p50 = quantile(0.5, of: sorted)
        self.p95 = quantile(0.95, of: sorted)
        self.p99 = quantile(0.99, of: sorted)
        self.curve = (0...20).map { quantile(Double($0) / 20, of: sorted) }
    }

    /// The largest over the least.
    public var spread: Double { self.least > 0 ? self.largest / self.least : .infinity }
}
