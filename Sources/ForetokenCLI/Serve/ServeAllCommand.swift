import ArgumentParser
import CommandSupport
import ForetokenEngine
import ForetokenGateway
import ForetokenServices
import ForetokenWire
import Speculation
import Synchronization

struct ServeAllCommand: ConfiguredService {
    static let configuration = CommandConfiguration(
        commandName: "all",
        abstract: "Serve target, draft and coordinator on this machine.",
        discussion: """
            EXAMPLES:
              foretoken serve all
              foretoken serve all --http 127.0.0.1:8080
              foretoken serve all --model T.gguf --draft D.gguf --listen tcp://0.0.0.0:7000
            """)

    @Option(help: .init("Where the coordinator listens; tcp://0.0.0.0:7000 lets others in.", valueName: "address"))
    var listen = "tcp://127.0.0.1:7000"

    @Option(help: .init("Where the target listens.", valueName: "address"))
    var listenTarget = "tcp://127.0.0.1:7001"

    @Option(help: .init("Where the draft listens.", valueName: "address"))
    var listenDraft = "tcp://127.0.0.1:7002"

    @Option(help: .init("Sequences side by side.", valueName: "n"))
    var slots = 8

    @OptionGroup(title: "HTTP")
    var http: HTTPOptions

    @OptionGroup(title: "Metrics")
    var metrics: MetricsOptions

    @OptionGroup(title: "Keys")
    var security: SecurityOptions

    @OptionGroup(title: "Models")
    var pair: PairOptions

    @OptionGroup(title: "End")
    var grace: GraceOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    @OptionGroup(title: "Configuration")
    var configuration: ConfigurationOptions

    func validate() throws {
        try checkPositive(self.slots, "--slots")
    }

    var looks: [String: () throws(CommandError) -> Void] {
        [
            "keys": { () throws(CommandError) in
                for role in [Role.coordinator, .target, .draft] { _ = try self.security.keyring(role) }
            },
            "api-key-file": { () throws(CommandError) in _ = try self.http.readKeys() },
        ]
    }

    func run() async throws {
        let logger = self.log.start(level: .info)
        let http = try self.http.settings(logger: logger)
        let metrics = self.metrics.begin(isWanted: http != nil)
        let routes = self.http.routes(metrics)
        let monitoring = Monitoring(self.metrics, metrics, logger: logger)
        let monitored = try await monitoring.start()
        let traces = Traces(of: "all", logger: logger)
        let networks = try ServiceTrio.Networks(self.security)
        let pair = try self.pair.load(slots: self.slots, draft: true)
        let addresses = ServiceTrio.Addresses(
            target: self.listenTarget, draft: self.listenDraft, coordinator: self.listen)
        let grace = self.grace.duration
        let running = Mutex<(trio: ServiceTrio?, gateway: Gateway?)>((nil, nil))
        let reload = Reload.action(of: Self.self, live: HTTPOptions.live, logger: logger) { changed in
            let http = try changed.http.settings(logger: logger)
            if let http { await running.withLock { $0.gateway }?.change(to: http) }
        }
        try await Serving(reload: reload) {
            let trio = try await ServiceTrio(pair, at: addresses, over: networks, logger: logger, tracer: traces.tracer)
            running.withLock { $0.trio = trio }
            let serving = try await Gateway.serving(
                trio.addresses.coordinator, http, routes, over: networks.coordinator)
            running.withLock { $0.gateway = serving?.0 }
            let coordinator = trio.coordinator
            monitoring.watch(lacking: "no target is reachable") { coordinator.isReady }
            return .object([
                "service": .string("all"), "address": .string(trio.addresses.coordinator), "http": .http(serving?.1),
                "metrics": .http(monitored),
                "target": .string(trio.addresses.target), "draft": .string(trio.addresses.draft),
                "model": .string(pair.target.description.name),
                "draft_model": .string(pair.draft?.description.name ?? ""), "slots": .integer(pair.target.slots),
                "context": .integer(pair.target.description.contextLength),
            ])
        } stop: {
            let (trio, gateway) = running.withLock { $0 }
            monitoring.drain()
            await gateway?.stop(grace: grace)
            await trio?.stop()
            await traces.end()
            await monitoring.stop()
        } failure: {
            let (trio, gateway) = running.withLock { $0 }
            return await withTaskGroup(of: CommandError?.self) { group in
                group.addTask { await trio?.target.failure().map { CommandError($0) } }
                group.addTask { await gateway?.failure().map { CommandError($0) } }
                defer { group.cancelAll() }
                return await group.first { $0 != nil } ?? nil
            }
        }.runUntilSignal(logger: logger)
    }
}
