import Executors
import ForetokenLinks
import ForetokenServices
import Logging

/// Target, draft and coordinator in this process.
struct ServiceTrio {
    let network: any Network
    let target: TargetService
    let draft: DraftService?
    let coordinator: CoordinatorService
    /// Where each really listens.
    let addresses: Addresses

    struct Addresses {
        var target = "inproc://target"
        var draft = "inproc://draft"
        var coordinator = "inproc://coordinator"
    }

    /// Starts them, and waits until the draft works for the target.
    ///
    /// - Parameter bridge: lays a way to the target for the draft alone, given where the target listens, and returns
    ///   where that way begins.
    init(
        _ pair: ModelPair, at addresses: Addresses = Addresses(), remembersPrompts: Bool = true, logger: Logger,
        bridge: (String) async throws(LinkError) -> String = { $0 }
    ) async throws(CommandError) {
        let network = ZeroMQNetwork()
        let settings = ServiceSettings(logger: logger)
        self.network = network
        var real = Addresses()
        do {
            self.target = TargetService(
                engine: pair.target, network: network, loop: network.makeLoop(name: "target"), settings: settings,
                remembersPrompts: remembersPrompts)
            real.target = try await self.target.start(at: addresses.target)
            let way = try await bridge(real.target)
            if way != real.target { await self.target.advertise(way) }
            self.draft = pair.draft.map {
                DraftService(
                    engine: $0, network: network, loop: network.makeLoop(name: "draft"), settings: settings)
            }
            if let draft { real.draft = try await draft.start(at: addresses.draft) }
            self.coordinator = CoordinatorService(
                targets: [Self.reachable(real.target)], drafts: self.draft == nil ? [] : [Self.reachable(real.draft)],
                network: network, loop: network.makeLoop(name: "coordinator"), settings: settings)
            real.coordinator = try await self.coordinator.start(at: addresses.coordinator)
        } catch {
            throw CommandError(error)
        }
        self.addresses = real
        await self.coordinator.ready()
    }

    /// What listens on all addresses of the machine is reached over its loopback.
    static func reachable(_ address: String) -> String {
        for all in ["tcp://0.0.0.0:", "tcp://*:"] where address.hasPrefix(all) {
            return "tcp://127.0.0.1:" + address.dropFirst(all.count)
        }
        return address.hasPrefix("tcp://[::]:") ? "tcp://[::1]:" + address.dropFirst("tcp://[::]:".count) : address
    }

    func stop() async {
        await self.coordinator.stop()
        await self.draft?.stop()
        await self.target.stop()
    }
}
