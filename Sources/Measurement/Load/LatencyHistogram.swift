internal import Histogram
public import Speculation

/// Times, kept to three significant digits in constant memory (HdrHistogram).
struct LatencyHistogram: Sendable {
    /// In microseconds.
    private var histogram = Histogram<UInt32>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
    private var sum: Seconds = 0

    init() {
        self.histogram.autoResize = true
    }

    /// Times below 0 count as 0, and those above ten days as ten days.
    mutating func record(_ seconds: Seconds) {
        let seconds = min(max(0, seconds), 864_000)
        self.histogram.record(UInt64((seconds * 1e6).rounded()))
        self.sum += seconds
    }

    var count: Int { Int(self.histogram.totalCount) }

    /// - Parameter percent: 0 to 100.
    /// - Returns: a time that this share does not exceed; `nil` where nothing was measured.
    func value(at percent: Double) -> Seconds? {
        self.count == 0 ? nil : Seconds(self.histogram.valueAtPercentile(percent)) * 1e-6
    }

    var latencies: Latencies? {
        guard self.count > 0 else { return nil }
        func value(_ percent: Double) -> Seconds { self.value(at: percent) ?? 0 }

        return Latencies(
            count: self.count, mean: self.sum / Double(self.count), p50: value(50), p90: value(90), p95: value(95),
            p99: value(99), max: value(100),
            curve: Latencies.curvePercents.map { .init(percent: $0, seconds: value($0)) })
    }
}

/// How long something took, over many requests; in seconds.
public struct Latencies: Codable, Equatable, Sendable {
    /// The time that `percent` of all do not exceed.
    public struct Point: Codable, Equatable, Sendable {
        public var percent: Double
        public var seconds: Seconds
    }

    public var count: Int
    public var mean: Seconds
    public var p50: Seconds
    public var p90: Seconds
    public var p95: Seconds
    public var p99: Seconds
    public var max: Seconds
    public var curve: [Point]

    /// - Returns: `nil` where there are none.
    package init?(of times: [Seconds]) {
        var histogram = LatencyHistogram()
        for time in times { histogram.record(time) }
        guard let latencies = histogram.latencies else { return nil }
        self = latencies
    }

    init(
        count: Int, mean: Seconds, p50: Seconds, p90: Seconds, p95: Seconds, p99: Seconds, max: Seconds, curve: [Point]
    ) {
        self.count = count
        self.mean = mean
        self.p50 = p50
        self.p90 = p90
        self.p95 = p95
        self.p99 = p99
        self.max = max
        self.curve = curve
    }

    /// Sums several measurements up: the mean and the ends of all, and the medians of what is between.
    ///
    /// - Returns: `nil` where there are none.
    package init?(summing parts: [Self]) {
        guard let most = parts.map(\.max).max(), let p50 = median(parts.map(\.p50)),
            let p90 = median(parts.map(\.p90)), let p95 = median(parts.map(\.p95)), let p99 = median(parts.map(\.p99))
        else { return nil }
        let count = parts.reduce(0) { $0 + $1.count }
        var curve = Self.curvePercents.indices.map { index in
            Point(percent: Self.curvePercents[index], seconds: median(parts.map { $0.curve[index].seconds })!)
        }
        curve[0].seconds = parts.map(\.least).min()!
        curve[curve.count - 1].seconds = most
        self.init(
            count: count, mean: parts.reduce(0) { $0 + Double($1.count) * $1.mean } / Double(count), p50: p50, p90: p90,
            p95: p95, p99: p99, max: most, curve: curve)
    }

    package var least: Seconds { self.curve[0].seconds }

    static let curvePercents: [Double] = [0, 10, 25, 50, 75, 90, 95, 99, 99.9, 100]
}
