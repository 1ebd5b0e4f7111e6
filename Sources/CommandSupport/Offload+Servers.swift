import Llama

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

extension Offload {
    /// Warns of servers that are not protected, and ends the process in one line when one is lost.
    func watchServers() {
        if self.servers.isEmpty { return }
        let open = self.servers.filter { !$0.isOnLoopback }.map(\.description)
        if !open.isEmpty {
            Console.warning(
                "--rpc \(open.joined(separator: ",")): what goes there, the model's weights and what prompts and texts "
                    + "come to, is neither encrypted nor authenticated; protect it by a network of its own or a tunnel")
        }
        let names = self.servers.map(\.description).joined(separator: ", ")
        RPCServer.whenLost { reason in
            Console.error(
                "an RPC server that holds layers of the model is lost (\(names)): \(reason). Nothing can go on without it: "
                    + "start it, and then this again")
            _exit(ExitStatus.unavailable.rawValue)
        }
    }
}
