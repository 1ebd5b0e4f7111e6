import CForetokenProtos
import Speculation

extension Execution {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Execution> {
        arena.make(foretoken__v1__execution__init) {
            $0.threads = UInt32(count: self.threads)
            $0.cores = self.cores
            $0.core_set = self.coreSet
            $0.weight_type = arena.string(self.weightType)
            $0.large_page_share = self.largePageShare ?? 0
            $0.has_large_page_share = self.largePageShare == nil ? 0 : 1
            $0.uses_device = self.usesDevice ? 1 : 0
            $0.rpc_servers = UInt32(count: self.rpcServers)
            $0.keeps_all_tokens = self.canRollBack ? 0 : 1
        }
    }

    init(_ message: Foretoken__V1__Execution) throws(WireError) {
        let share = try Field("large_page_share").check(message.large_page_share) { (0...1).contains($0) }
        self.init(
            threads: try Field("threads").count(message.threads),
            cores: try Field("cores").check(message.cores) { (0...Double(Limits.count)).contains($0) },
            coreSet: message.core_set,
            weightType: try Field("weight_type").text(message.weight_type),
            largePageShare: message.has_large_page_share != 0 ? share : nil,
            usesDevice: message.uses_device != 0, rpcServers: try Field("rpc_servers").count(message.rpc_servers),
            canRollBack: message.keeps_all_tokens == 0)
    }
}
