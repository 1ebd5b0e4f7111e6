/// How long to wait for something that usually comes: a smoothed delay plus four deviations (Jacobson, "Congestion
/// avoidance and control", SIGCOMM 1988), doubled by each wait in vain.
public struct Patience: Equatable, Sendable {
    private let least: Seconds
    private let most: Seconds
    private let first: Seconds
    private var smoothed: Seconds?
    private var deviation: Seconds = 0
    private var backoff = 1.0

    /// - Parameters:
    ///   - first: the limit while nothing has been measured.
    ///   - least: added room for the scheduling of a busy machine.
    public init(first: Seconds = 0.5, least: Seconds = 0.002, most: Seconds = 2) {
        self.first = first
        self.least = least
        self.most = most
    }

    /// The usual delay; `nil` before the first was measured.
    public var usual: Seconds? { self.smoothed }
    /// By how much delays differ from the usual one.
    public var spread: Seconds { self.deviation }

    /// The longest wait that is worth it now.
    public var limit: Seconds {
        let usual = self.smoothed.map { $0 + 4 * self.deviation + self.least } ?? self.first
        return min(usual * self.backoff, self.most)
    }

    /// Learns after which delay the awaited thing came.
    public mutating func learn(_ delay: Seconds) {
        self.backoff = 1
        guard let smoothed = self.smoothed else {
            self.smoothed = delay
            self.deviation = delay / 2
            return
        }
        self.deviation += (abs(delay - smoothed) - self.deviation) / 4
        self.smoothed = smoothed + (delay - smoothed) / 8
    }

    /// Forgets waits in vain.
    mutating func forgive() { self.backoff = 1 }

    /// Counts a wait in vain.
    public mutating func miss() {
        self.backoff = min(self.backoff * 2, 64)
    }
}
