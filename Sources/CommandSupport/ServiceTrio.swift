import Executors
package import ForetokenLinks
package import ForetokenServices
package import Logging

/// Target, draft and coordinator in this process.
package struct ServiceTrio {
    package let network: any Network
    package let target: TargetService
    package let draft: DraftService?
    package let coordinator: CoordinatorService
    /// Where each really listens.
    package let addresses: Addresses

    package struct Addresses {
        package var target: String
        package var draft: String
        package var coordinator: String

        package init(
            target: String = "inproc://target", draft: String = "inproc://draft",
            coordinator: String = "inproc://coordinator"
        ) {
            self.target = target
            self.draft = draft
            self.coordinator = coordinator
        }
    }

    /// Starts them, and waits until the draft works for the target.
    ///
    /// - Parameter bridge: lays a way to the target for the draft alone, given where the target listens, and returns
    ///   where that way begins.
    package init(
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
    package static func reachable(_ address: String) -> String {
        for all in ["tcp://0.0.0.0:", "tcp://*:"] where address.hasPrefix(all) {
            return "tcp://127.0.0.1:" + address.dropFirst(all.count)
        }
        return address.hasPrefix("tcp://[::]:") ? "tcp://[::1]:" + address.dropFirst("tcp://[::]:".count) : address
    }

    package func stop() async {
        await self.coordinator.stop()
        await self.draft?.stop()
        await self.target.stop()
    }
}
