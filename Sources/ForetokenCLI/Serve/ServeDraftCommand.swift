import ArgumentParser
import CommandSupport
import ForetokenEngine
import ForetokenLinks
import ForetokenServices
import ForetokenWire

struct ServeDraftCommand: ConfiguredService {
    static let configuration = CommandConfiguration(
        commandName: "draft",
        abstract: "Serve the small model that proposes tokens.",
        discussion: """
            The draft reaches for targets itself, as the coordinator tells it; the target need not reach the draft.

            EXAMPLES:
              foretoken serve draft
              foretoken serve draft --model D.gguf --listen tcp://0.0.0.0:7002 --threads 4
              foretoken serve draft --listen tcp://0.0.0.0:7002 --coordinator tcp://10.0.0.1:7000
            """)

    @Option(help: .init("GGUF file. (default: the bundled draft)", valueName: "file"))
    var model: String?

    @Option(help: .init("Where to listen; tcp://0.0.0.0:7002 lets other machines in.", valueName: "address"))
    var listen = "tcp://127.0.0.1:7002"

    @Option(
        help: .init(
            "Where coordinators reach this draft that it registers with, if not at --listen.", valueName: "address"))
    var advertise: String?

    @Option(
        help: .init(
            "A coordinator to register with, or a name with several behind it; repeatable.", valueName: "address"))
    var coordinator: [String] = []

    @Option(help: .init("Sequences side by side.", valueName: "n"))
    var slots = 8

    @Option(
        help: .init(
            """
            Threads. Where a target on the same processors and this have more together than can run at once, they take \
            turns.
            """, valueName: "n"))
    var threads = Cores.draft

    @OptionGroup(title: "Metrics")
    var metrics: MetricsOptions

    @OptionGroup(title: "Keys")
    var security: SecurityOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    @OptionGroup(title: "Configuration")
    var configuration: ConfigurationOptions

    func validate() throws {
        try checkPositive(self.slots, "--slots")
        try checkPositive(self.threads, "--threads")
    }

    var looks: [String: () throws(CommandError) -> Void] {
        ["keys": { () throws(CommandError) in _ = try self.security.keyring(.draft) }]
    }

    func run() async throws {
        let logger = self.log.start(level: .info)
        let metrics = self.metrics.begin()
        let monitoring = Monitoring(self.metrics, metrics, logger: logger)
        let monitored = try await monitoring.start()
        let traces = Traces(of: "draft", logger: logger)
        let network = try self.security.network(.draft)
        let engine = try ModelChoice(
            path: self.model, threads: self.threads, context: nil, slots: self.slots
        ).loadDraft()
        let service = DraftService(
            engine: engine, network: network, loop: network.makeLoop(name: "draft"),
            settings: ServiceSettings(logger: logger, advertisedAddress: self.advertise ?? "", tracer: traces.tracer),
            metrics: metrics)
        let (listen, coordinators) = (self.listen, self.coordinator)
        let reload = Reload.action(of: Self.self, logger: logger)
        try await Serving(reload: reload) {
            let address = try await listening { () async throws(LinkError) in
                try await service.start(at: listen, registeringWith: coordinators)
            }
            monitoring.watch(lacking: "the draft is not listening") { service.isReady }
            return .ready(
                "draft", at: address, model: engine.description, slots: engine.slots, metrics: monitored)
        } stop: {
            monitoring.drain()
            await service.stop()
            await traces.end()
            await monitoring.stop()
        }.runUntilSignal(logger: logger)
    }
}
