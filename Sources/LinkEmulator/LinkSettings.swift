public import Speculation

/// What an emulated link does to what passes over it; the same in both directions.
///
/// A value out of range becomes the nearest one within, and what is not a number becomes 0 or no limit.
public struct LinkSettings: Equatable, Sendable {
    public static let longestTime: Seconds = 3600
    public static let leastBandwidth = 1000.0

    /// One way; from 0 to `longestTime`.
    public var delay: Seconds { didSet { self.delay = Self.time(self.delay) } }
    /// Each piece of data takes longer than `delay` by its own draw from the uniform distribution over 0 to `jitter`.
    ///
    /// Order is kept as TCP keeps it: a piece that another one holds up arrives together with that one.
    /// From 0 to `longestTime`.
    public var jitter: Seconds { didSet { self.jitter = Self.time(self.jitter) } }
    /// Bits a second, shared by all connections, at least `leastBandwidth`; `nil`: without limit.
    public var bandwidth: Double? { didSet { self.bandwidth = Self.limit(self.bandwidth) } }
    /// Where the draws of `jitter` come from.
    public var seed: UInt64

    public init(delay: Seconds = 0, jitter: Seconds = 0, bandwidth: Double? = nil, seed: UInt64 = 0) {
        self.delay = Self.time(delay)
        self.jitter = Self.time(jitter)
        self.bandwidth = Self.limit(bandwidth)
        self.seed = seed
    }

    private static func time(_ seconds: Seconds) -> Seconds {
        seconds.isNaN ? 0 : min(max(seconds, 0), Self.longestTime)
    }

    private static func limit(_ bandwidth: Double?) -> Double? {
        guard let bandwidth, !bandwidth.isNaN else { return nil }
        return max(bandwidth, Self.leastBandwidth)
    }
}
