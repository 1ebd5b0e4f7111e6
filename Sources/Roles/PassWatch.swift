public import Speculation

/// Tells a pass that will never end from one that is only long.
///
/// A GPU's driver or a server that holds layers may stop answering, and the library then waits for it for ever. The target's
/// loop meanwhile goes on answering heartbeats, so nobody else would notice. A pass of the processor alone waits for nobody,
/// and is not to be watched, however long it takes.
///
/// The age of a pass is counted from look to look, and grows only where the pass could have got on: by no more than a second
/// of each interval, so that a process or a machine that was stopped finds its pass as young as it left it; and by nothing
/// where pages were read from a disk meanwhile, as those of weights that are cold or swapped out.
public struct PassWatch: Sendable {
    /// A pass may last this long whatever was measured.
    public var least: Seconds
    /// The first pass, of which nothing is known; a device may have to make its kernels first.
    public var first: Seconds
    /// Multiple of the longest that a pass like it has taken.
    public var slack: Double

    /// Rows of the pass that runs; `nil` where none does.
    private var rows: Int?
    private var age: Seconds = 0
    private var latest: (now: Seconds, pageReads: Int)?
    private var longest: Seconds?
    /// Most seconds that a pass took for each of its rows.
    private var slowestRow: Seconds = 0

    /// Most of an interval between two looks that counts.
    private static let mostOfInterval: Seconds = 1

    public init(least: Seconds = 60, first: Seconds = 600, slack: Double = 10) {
        self.least = least
        self.first = first
        self.slack = slack
    }

    public mutating func begin(rows: Int) {
        self.rows = rows
        self.age = 0
    }

    /// - Parameter seconds: that it took by a clock; `nil` where it failed.
    public mutating func end(seconds: Seconds?) {
        if let rows, let seconds {
            // A clock goes on while a process is stopped; its age does not, and lags behind by an interval at most.
            let taken = min(seconds, self.age + Self.mostOfInterval)
            self.longest = max(self.longest ?? 0, taken)
            self.slowestRow = max(self.slowestRow, taken / Double(max(1, rows)))
        }
        self.rows = nil
    }

    /// How old the pass that runs may become.
    public var patience: Seconds {
        guard let longest, let rows else { return self.first }
        return max(self.least, self.slack * max(longest, Double(rows) * self.slowestRow))
    }

    /// Looks at the pass that runs; to be called once a second or more often.
    ///
    /// - Parameter pageReads: how many pages of memory the process has had to read from a disk so far.
    /// - Returns: how old it is, if that is so old that its end is not to be waited for.
    public mutating func look(now: Seconds, pageReads: Int) -> Seconds? {
        defer { self.latest = (now, pageReads) }
        guard self.rows != nil else { return nil }
        if let latest, latest.pageReads == pageReads {
            self.age += min(max(0, now - latest.now), Self.mostOfInterval)
        }
        return self.age > self.patience ? self.age : nil
    }
}
