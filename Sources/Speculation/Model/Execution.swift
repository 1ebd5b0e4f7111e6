/// With what a service computes its model: what of its machine it may use, and how its weights lie there.
public struct Execution: Equatable, Sendable {
    /// Threads of a pass; 0 where it is not known.
    public var threads: Int
    /// Processors that the process may use, by those that are there, by its affinity, and by the quota of its control
    /// groups; a part of one counts. 0 where it is not known.
    public var cores: Double
    /// Digest of the set of those processors: equal where two processes compete for the same ones. 0 where it is not known.
    public var coreSet: UInt64
    /// How most of the weights are stored, such as `F16` or `Q4_K_M`; empty where it is not known.
    public var weightType: String
    /// Share of the weights that lies in large pages, from 0 to 1; `nil` where it is not known, or does not matter.
    public var largePageShare: Float?
    /// Whether layers are kept on a device, such as a GPU.
    public var usesDevice: Bool
    /// RPC servers among these devices: each pass crosses to all of them.
    public var rpcServers: Int
    /// Whether tokens at the end of a slot can be taken back: otherwise nothing can be drafted.
    public var canRollBack: Bool

    public init(
        threads: Int = 0, cores: Double = 0, coreSet: UInt64 = 0, weightType: String = "",
        largePageShare: Float? = nil, usesDevice: Bool = false, rpcServers: Int = 0, canRollBack: Bool = true
    ) {
        self.threads = threads
        self.cores = cores
        self.coreSet = coreSet
        self.weightType = weightType
        self.largePageShare = largePageShare
        self.usesDevice = usesDevice
        self.rpcServers = rpcServers
        self.canRollBack = canRollBack
    }

    /// Whether this and another, which compute on the same processors, have more threads together than can run there at
    /// once, so that they have to take turns: where both compute, threads of the one wait for those of the other.
    public func takesTurns(with other: Execution) -> Bool {
        guard self.coreSet != 0, self.coreSet == other.coreSet, !self.usesDevice, !other.usesDevice else {
            return false
        }
        return Double(self.threads + other.threads) > min(self.cores, other.cores)
    }
}
