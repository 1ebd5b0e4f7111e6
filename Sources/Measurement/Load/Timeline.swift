public import Speculation

/// How a run went over its time, in few points.
struct Timeline: Sendable {
    /// Length of the finest parts, in seconds.
    private static let grain: Seconds = 0.25
    private static let mostPoints = 90

    private var tokens: [Int: Double] = [:]
    private var firstTokens: [(at: Seconds, seconds: Seconds)] = []

    mutating func addTokens(_ count: Double, at time: Seconds) {
        self.tokens[Int(max(0, time) / Self.grain), default: 0] += count
    }

    mutating func addFirstToken(_ seconds: Seconds, at time: Seconds) {
        self.firstTokens.append((time, seconds))
    }

    /// From the first part with anything in it to the last; parts without anything in between are left out.
    var points: [TimelinePoint] {
        let parts = Array(self.tokens.keys) + self.firstTokens.map { Int(max(0, $0.at) / Self.grain) }
        guard let last = parts.max() else { return [] }
        // Whole seconds where the run is long enough.
        let merged = last < 24 ? 1 : max(4, (last / Self.mostPoints / 4 + 1) * 4)
        let width = Double(merged) * Self.grain
        let sums = Dictionary(self.tokens.map { ($0.key / merged, $0.value) }, uniquingKeysWith: +)
        let times = Dictionary(grouping: self.firstTokens) { Int(max(0, $0.at) / width) }
        return Set(sums.keys).union(times.keys).sorted().map { part in
            let times = (times[part] ?? []).map(\.seconds).sorted()
            return TimelinePoint(
                begin: Double(part) * width, seconds: width, tokensPerSecond: (sums[part] ?? 0) / width,
                firstTokenP50: times.isEmpty ? nil : times[times.count / 2], firstTokenLeast: times.first,
                firstTokenMost: times.last)
        }
    }
}

/// What came within a part of a run.
public struct TimelinePoint: Codable, Equatable, Sendable {
    /// From the beginning of the run.
    public var begin: Seconds
    public var seconds: Seconds
    public var tokensPerSecond: Double
    /// Times to the first token of requests scheduled then.
    public var firstTokenP50: Seconds?
    public var firstTokenLeast: Seconds?
    public var firstTokenMost: Seconds?
}
