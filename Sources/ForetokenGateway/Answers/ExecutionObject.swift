import Foretoken

/// With what a member computes its model, as programs are told it.
struct ExecutionObject: Encodable, Sendable {
    let threads: Int
    /// A part of a processor counts.
    let cores: Double
    let weightType: String
    /// From 0 to 1; `null` where it is not known, or does not matter.
    let largePages: Nullable<Double>
    let device: Bool
    let rpcServers: Int
    let rollsBack: Bool

    private enum CodingKeys: String, CodingKey {
        case threads, cores, device
        case weightType = "weight_type"
        case largePages = "large_pages"
        case rpcServers = "rpc_servers"
        case rollsBack = "rolls_back"
    }

    init(_ execution: Deployment.Execution) {
        self.threads = execution.threads
        self.cores = execution.cores.rounded(digits: 3)
        self.weightType = execution.weightType
        self.largePages = Nullable(execution.largePageShare?.rounded(digits: 3))
        self.device = execution.usesDevice
        self.rpcServers = execution.rpcServers
        self.rollsBack = execution.canRollBack
    }
}
