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
    /// - Returns: a time that so many of all do not exceed; `nil` of none.
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
    /// A time that so many percent of all do not exceed.
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

    static let curvePercents: [Double] = [0, 10, 25, 50, 75, 90, 95, 99, 99.9, 100]
}
