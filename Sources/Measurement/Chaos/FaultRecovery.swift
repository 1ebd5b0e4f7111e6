public import Speculation

/// How long texts paused for faults of one kind.
///
/// Of each text that was asked for before a fault ended, the longest time without a token that touches the fault, the
/// wait for the first one included; less what is ordinary, the median time between tokens where there is no fault. Texts
/// that a fault does not concern are among them, so the worst text of each fault is told apart.
public struct FaultRecovery: Codable, Equatable, Sendable {
    public var choice: FaultChoice
    public var faults: Int
    public var texts: Int
    /// Of all those texts, beyond the ordinary time.
    public var pauses: Latencies?
    /// Of the worst text of each fault, beyond the ordinary time.
    public var worstPauses: Latencies?
    /// Longest time without a token of the worst text of each fault, in ordinary times.
    public var worstGaps: Quantiles?
    /// Worst pauses, counted between the bounds.
    public var histogram: [Int]

    /// Upper bounds of the histogram's columns, in seconds; one more column is without bound.
    public static let bounds: [Seconds] = [0.03, 0.1, 0.3, 0.5, 1, 1.5, 3]

    init(_ choice: FaultChoice, gaps: [[Seconds]], ordinary: Seconds) {
        self.choice = choice
        self.faults = gaps.count
        let all = gaps.joined().map { max(0, $0 - ordinary) }
        let worst = gaps.compactMap { $0.max() }
        self.texts = all.count
        self.pauses = Latencies(of: all)
        self.worstPauses = Latencies(of: worst.map { max(0, $0 - ordinary) })
        self.worstGaps = ordinary > 0 ? Quantiles(worst.map { $0 / ordinary }) : nil
        self.histogram = Self.bounds.map { _ in 0 } + [0]
        for gap in worst {
            let pause = max(0, gap - ordinary)
            self.histogram[Self.bounds.firstIndex { pause <= $0 } ?? Self.bounds.count] += 1
        }
    }
}
