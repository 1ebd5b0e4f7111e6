public import Speculation

/// How long texts paused for faults of one kind.
///
/// A text that was asked for before a fault ended paused for the longest time without a token that touches the fault,
/// the wait for the first token included, less what is ordinary: the median time between tokens without a fault.
/// Texts that a fault does not concern are among them, so the worst text of each fault is told apart.
public struct FaultRecovery: Codable, Equatable, Sendable {
    public var choice: FaultChoice
    public var faults: Int
    public var texts: Int
    /// Pauses of all those texts, beyond the ordinary time.
    public var pauses: Latencies?
    /// Pauses of the worst text of each fault, beyond the ordinary time.
    public var worstPauses: Latencies?
    /// Longest time without a token, of all texts, in which each fault began: what a loss by itself costs, without what
    /// the start of a process takes from the others.
    public var firstGaps: Latencies?
    /// Worst pauses, counted between the bounds.
    public var histogram: [Int]

    /// Upper bounds of the histogram's columns, in seconds; one more column is without bound.
    public static let bounds: [Seconds] = [0.03, 0.1, 0.3, 0.5, 1, 1.5, 3]

    init(_ choice: FaultChoice, _ pauses: [FaultPauses], ordinary: Seconds) {
        self.choice = choice
        self.faults = pauses.count
        let gaps = pauses.map(\.longest)
        let all = gaps.joined().map { max(0, $0 - ordinary) }
        let worst = gaps.compactMap { $0.max() }
        self.texts = all.count
        self.pauses = Latencies(of: all)
        self.worstPauses = Latencies(of: worst.map { max(0, $0 - ordinary) })
        self.firstGaps = Latencies(of: pauses.compactMap { $0.first.max() })
        self.histogram = Self.bounds.map { _ in 0 } + [0]
        for gap in worst {
            let pause = max(0, gap - ordinary)
            self.histogram[Self.bounds.firstIndex { pause <= $0 } ?? Self.bounds.count] += 1
        }
    }
}

/// Times without a token for one fault, in seconds.
struct FaultPauses {
    /// The longest of each text.
    var longest: [Seconds]
    /// Those in which the fault began.
    var first: [Seconds]
}
