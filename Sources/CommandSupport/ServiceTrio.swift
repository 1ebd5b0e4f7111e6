import Executors
package import ForetokenLinks
package import ForetokenServices
import ForetokenWire
package import Logging
package import Tracing

/// Target, draft and coordinator in this process.
package struct ServiceTrio {
    /// The coordinator's.
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

    /// A network for each, or one for all where they have no keys.
    package struct Networks {
        package var target: ZeroMQNetwork
        package var draft: ZeroMQNetwork
        package var coordinator: ZeroMQNetwork

        package init(_ one: ZeroMQNetwork = ZeroMQNetwork()) {
            (self.target, self.draft, self.coordinator) = (one, one, one)
        }

        package init(_ security: SecurityOptions) throws(CommandError) {
            self.init(try security.network(.coordinator))
            guard security.directory != nil else { return }
            self.target = try security.network(.target)
            self.draft = try security.network(.draft)
        }
    }

    /// Starts them, and waits until the draft works for the target.
    ///
    /// - Parameter bridge: lays a way to the target for the draft alone, given where the target listens, and returns
    ///   where that way begins.
    package init(
        _ pair: ModelPair, at addresses: Addresses = Addresses(), over networks: Networks = Networks(),
        remembersPrompts: Bool = true, logger: Logger, tracer: (any Tracer)? = nil,
        bridge: (String) async throws(LinkError) -> String = { $0 }
    ) async throws(CommandError) {
        let settings = ServiceSettings(logger: logger, tracer: tracer)
        self.network = networks.coordinator
        var real = Addresses()
        do {
            self.target = TargetService(
                engine: pair.target, network: networks.target, loop: networks.target.makeLoop(name: "target"),
                settings: settings,
                remembersPrompts: remembersPrompts)
            real.target = try await self.target.start(at: addresses.target)
            let way = try await bridge(real.target)
            if way != real.target { await self.target.advertise(way) }
            self.draft = pair.draft.map {
                DraftService(
                    engine: $0, network: networks.draft, loop: networks.draft.makeLoop(name: "draft"),
                    settings: settings)
            }
            if let draft { real.draft = try await draft.start(at: addresses.draft) }
            self.coordinator = CoordinatorService(
                targets: [Self.reachable(real.target, networks.target)],
                drafts: self.draft == nil ? [] : [Self.reachable(real.draft, networks.draft)],
                network: networks.coordinator, loop: networks.coordinator.makeLoop(name: "coordinator"),
                settings: settings)
            real.coordinator = try await self.coordinator.start(at: addresses.coordinator)
        } catch {
            throw CommandError(error)
        }
        self.addresses = real
        await self.coordinator.ready()
    }

    /// What listens on all addresses of the machine is reached over its loopback; where there are keys, as the one whose
    /// key its network has.
    package static func reachable(_ address: String, _ network: ZeroMQNetwork) -> String {
        (network.identity.map { "\($0.name)@" } ?? "") + self.reachable(address)
    }

    private static func reachable(_ address: String) -> String {
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
