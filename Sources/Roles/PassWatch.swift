public import Speculation

/// Tells a pass that will never end from one that is only long.
///
/// A GPU's driver or a server that holds layers may stop answering, and the library then waits for it for ever. The target's
/// loop meanwhile goes on answering heartbeats, so nobody else would notice.
///
/// Time is counted from look to look, and no more than a second of each: a process that was stopped itself has not given
/// its pass that time.
public struct PassWatch: Sendable {
    /// A pass may last this long whatever was measured.
    public var least: Seconds
    /// The first pass, of which nothing is known; pages of weights may still have to be read.
    public var first: Seconds
    /// Multiple of the longest that a pass like it has taken.
    public var slack: Double

    /// Rows of the pass that runs; `nil` where none does.
    private var rows: Int?
    private var age: Seconds = 0
    private var latestLook: Seconds?
    private var longest: Seconds?
    /// Most seconds that a pass took for each of its rows.
    private var slowestRow: Seconds = 0

    public init(least: Seconds = 60, first: Seconds = 600, slack: Double = 10) {
        self.least = least
        self.first = first
        self.slack = slack
    }

    public mutating func begin(rows: Int) {
        self.rows = rows
        self.age = 0
    }

    /// - Parameter seconds: that it took; `nil` where it failed.
    public mutating func end(seconds: Seconds?) {
        if let rows, let seconds {
            self.longest = max(self.longest ?? 0, seconds)
            self.slowestRow = max(self.slowestRow, seconds / Double(max(1, rows)))
        }
        self.rows = nil
    }

    /// How long the pass that runs may last.
    public var patience: Seconds {
        guard let longest, let rows else { return self.first }
        return max(self.least, self.slack * max(longest, Double(rows) * self.slowestRow))
    }

    /// Looks at the pass that runs; to be called once a second or more often.
    ///
    /// - Returns: how long it has lasted, if that is so long that its end is not to be waited for.
    public mutating func look(now: Seconds) -> Seconds? {
        let since = self.latestLook.map { now - $0 } ?? 0
        self.latestLook = now
        guard self.rows != nil else { return nil }
        self.age += min(max(0, since), 1)
        return self.age > self.patience ? self.age : nil
    }
}
