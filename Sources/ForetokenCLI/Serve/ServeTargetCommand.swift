import ArgumentParser
import CommandSupport
import ForetokenEngine
import ForetokenLinks
import ForetokenServices
import ForetokenWire

struct ServeTargetCommand: ConfiguredService {
    static let configuration = CommandConfiguration(
        commandName: "target",
        abstract: "Serve the model whose text is kept.",
        discussion: """
            EXAMPLES:
              foretoken serve target
              foretoken serve target --model T.gguf --listen tcp://0.0.0.0:7001 --slots 16
              foretoken serve target --listen tcp://0.0.0.0:7001 --coordinator tcp://10.0.0.1:7000
              foretoken serve target --model T.gguf --gpu-layers all --tensor-split 3,1
              foretoken serve target --model T.gguf --rpc 10.0.0.2:50052 --rpc 10.0.0.3:50052
            """)

    @Option(help: .init("GGUF file. (default: the bundled target)", valueName: "file"))
    var model: String?

    @Option(help: .init("Where to listen; tcp://0.0.0.0:7001 lets other machines in.", valueName: "address"))
    var listen = "tcp://127.0.0.1:7001"

    @Option(
        help: .init(
            """
            Where drafts reach this target, if not where the coordinator does; and where coordinators do that it \
            registers with, if not at --listen.
            """, valueName: "address"))
    var advertise: String?

    @Option(
        help: .init(
            "A coordinator to register with, or a name with several behind it; repeatable.", valueName: "address"))
    var coordinator: [String] = []

    @Option(help: .init("Sequences side by side.", valueName: "n"))
    var slots = 8

    @Option(help: .init("Tokens that a slot holds. (default: what the model was trained for)", valueName: "tokens"))
    var context: Int?

    @Option(
        help: .init(
            "Threads of a pass. (default: all cores but one, which is a draft's on the same machine)",
            valueName: "n"))
    var threads: Int?

    @Flag(inversion: .prefixedNo, help: ExactOption.help)
    var exact: Bool?

    @OptionGroup(title: "Devices")
    var devices: OffloadOptions

    @OptionGroup(title: "Metrics")
    var metrics: MetricsOptions

    @OptionGroup(title: "Keys")
    var security: SecurityOptions

    @OptionGroup(title: "End")
    var grace: GraceOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    @OptionGroup(title: "Configuration")
    var configuration: ConfigurationOptions

    func validate() throws {
        try checkPositive(self.slots, "--slots")
        try checkPositive(self.context, "--context")
        try checkPositive(self.threads, "--threads")
    }

    var looks: [String: () throws(CommandError) -> Void] {
        ["keys": { () throws(CommandError) in _ = try self.security.keyring(.target) }]
    }

    func run() async throws {
        let logger = self.log.start(level: .info)
        let metrics = self.metrics.begin()
        let monitoring = Monitoring(self.metrics, metrics, logger: logger)
        let monitored = try await monitoring.start()
        let traces = Traces(of: "target", logger: logger)
        let network = try self.security.network(.target)
        let engine = try ModelChoice(
            path: self.model, threads: self.threads ?? Cores.target, context: self.context,
            offload: self.devices.offload, flashAttention: self.devices.flashAttn, slots: self.slots,
            isExact: self.exact
        ).loadTarget()
        let settings = ServiceSettings(logger: logger, advertisedAddress: self.advertise ?? "", tracer: traces.tracer)
        let service = TargetService(
            engine: engine, network: network, loop: network.makeLoop(name: "target"), settings: settings,
            metrics: metrics)
        let (listen, coordinators, grace) = (self.listen, self.coordinator, self.grace.duration)
        let reload = Reload.action(of: Self.self, logger: logger)
        try await Serving(reload: reload) {
            let address = try await listening { () async throws(LinkError) in
                try await service.start(at: listen, registeringWith: coordinators)
            }
            monitoring.watch(lacking: "the target is not listening") { service.isReady }
            return .ready(
                "target", at: address, model: engine.description, slots: engine.slots, metrics: monitored)
        } stop: {
            monitoring.drain()
            await service.drain(for: grace)
            await service.stop()
            await traces.end()
            await monitoring.stop()
        } failure: {
            await service.failure().map { CommandError($0) }
        }.runUntilSignal(logger: logger)
    }
}
