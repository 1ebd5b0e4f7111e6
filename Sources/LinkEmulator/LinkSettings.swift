public import Speculation

/// What an emulated link does to what passes over it; the same in both directions.
public struct LinkSettings: Equatable, Sendable {
    /// One way.
    public var delay: Seconds
    /// Each piece of data takes longer than `delay` by its own draw from the uniform distribution over 0 to `jitter`.
    ///
    /// Order is kept as TCP keeps it: a piece that another one holds up arrives together with that one.
    public var jitter: Seconds
    /// Bits a second, shared by all connections; `nil`: without limit.
    public var bandwidth: Double?
    /// Where the draws of `jitter` come from.
    public var seed: UInt64

    public init(delay: Seconds = 0, jitter: Seconds = 0, bandwidth: Double? = nil, seed: UInt64 = 0) {
        self.delay = delay
        self.jitter = jitter
        self.bandwidth = bandwidth
        self.seed = seed
    }
}
