import ArgumentParser
import CommandSupport
import ForetokenGateway
import ForetokenLinks
import ForetokenServices
import ForetokenWire
import Synchronization

struct ServeCoordinatorCommand: ConfiguredService {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Serve clients: place their requests on targets and drafts.",
        discussion: """
            Targets and drafts may come and go; without any draft the targets work alone. They register by themselves \
            where they are started with --coordinator and this coordinator's address, or are listed here. A listed name \
            stands for all members behind it: tcp://targets:7001 is every target that DNS tells for "targets", and is \
            asked for again every quarter of a minute. Several coordinators may share the same members.

            EXAMPLES:
              foretoken serve coordinator --target tcp://127.0.0.1:7001 \\
                  --draft tcp://127.0.0.1:7002
              foretoken serve coordinator --target tcp://a:7001 --target tcp://b:7001 \\
                  --listen tcp://0.0.0.0:7000
              foretoken serve coordinator --listen tcp://0.0.0.0:7000
              foretoken serve coordinator --target tcp://127.0.0.1:7001 \\
                  --http 0.0.0.0:8080 --api-key-file keys.txt --rate-limit 600 \\
                  --metrics-listen 0.0.0.0:9100
            """)

    @Option(help: .init("A target, or a name with several behind it; repeatable.", valueName: "address"))
    var target: [String] = []

    @Option(help: .init("A draft, or a name with several behind it; repeatable.", valueName: "address"))
    var draft: [String] = []

    @Option(help: .init("Where to listen; tcp://0.0.0.0:7000 lets other machines in.", valueName: "address"))
    var listen = "tcp://127.0.0.1:7000"

    @OptionGroup(title: "HTTP")
    var http: HTTPOptions

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

    var looks: [String: () throws(CommandError) -> Void] {
        [
            "keys": { () throws(CommandError) in _ = try self.security.keyring(.coordinator) },
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
        let traces = Traces(of: "coordinator", logger: logger)
        let network = try self.security.network(.coordinator)
        let (target, draft, listen, grace) = (self.target, self.draft, self.listen, self.grace.duration)
        let service = CoordinatorService(
            targets: target, drafts: draft, network: network, loop: network.makeLoop(name: "coordinator"),
            settings: ServiceSettings(logger: logger, tracer: traces.tracer))
        let gateway = Mutex<Gateway?>(nil)
        let reload = Reload.action(
            of: Self.self, live: HTTPOptions.live.union(["target", "draft"]), logger: logger
        ) { changed in
            let http = try changed.http.settings(logger: logger)
            do throws(LinkError) {
                try await service.relist(targets: changed.target, drafts: changed.draft)
            } catch {
                throw CommandError(error)
            }
            if let http { await gateway.withLock { $0 }?.change(to: http) }
        }
        try await Serving(reload: reload) {
            let address = try await listening { () async throws(LinkError) in try await service.start(at: listen) }
            let serving = try await Gateway.serving(address, http, routes, over: network)
            gateway.withLock { $0 = serving?.0 }
            monitoring.watch(lacking: "no target is reachable") { service.isReady }
            return .object([
                "service": .string("coordinator"), "address": .string(address), "http": .http(serving?.1),
                "metrics": .http(monitored),
                "targets": .array(target.map { .string($0) }), "drafts": .array(draft.map { .string($0) }),
            ])
        } stop: {
            monitoring.drain()
            await gateway.withLock { $0 }?.stop(grace: grace)
            await service.stop()
            await traces.end()
            await monitoring.stop()
        } failure: {
            await gateway.withLock { $0 }?.failure().map { CommandError($0) }
        }.runUntilSignal(logger: logger)
    }
}
