import Executors
import Foretoken
import ForetokenEngine
import ForetokenLinks
import ForetokenServices
import InProcess
import Logging
import Synchronization
import TestSupport
import Testing

@testable import ForetokenGateway

/// A target, a draft and a coordinator in this process on instant models, and a gateway at a free port.
final class Bed: Sendable {
    let gateway: Gateway
    let http: HTTPPeer
    /// Of the coordinator, beside the gateway's own.
    let client: ForetokenClient
    private let target: TargetService
    private let draft: DraftService
    private let coordinator: CoordinatorService
    private let loops: [any Loop]
    private let makeTarget: @Sendable (_ seed: UInt64, _ loops: [any Loop]) -> TargetService
    private let setPassSeconds: @Sendable (Double) -> Void
    private let countPasses: @Sendable () async throws -> Int
    private let network: InProcessNetwork
    private let substitute = Mutex<(target: TargetService, loops: [any Loop])?>(nil)
    private let makeClient: @Sendable () -> ForetokenClient

    static let model = "synthetic"
    /// A pass so long that no text of some thousand tokens becomes whole in the time that a test takes, on however busy a
    /// machine.
    static let hold = 0.01
    static let heartbeat: UInt32 = 500

    /// Settings of a gateway that lets everybody in.
    static var settings: GatewaySettings {
        GatewaySettings(address: HTTPAddress(host: "127.0.0.1", port: 0), logger: self.logger)
    }

    private static var logger: Logger {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return logger
    }

    init(
        _ settings: GatewaySettings = Bed.settings, slots: Int = 4, context: Int = 512, passSeconds: Double = 0,
        endShare: Double = 0, mostWaiting: Int = 256, routes: [GatewayRoute] = []
    ) async throws {
        let network = InProcessNetwork(seed: 1)
        let loops = ["target model", "draft model", "target", "draft", "coordinator"].map { network.makeLoop(name: $0) }
        let own = ServiceSettings(logger: Self.logger, heartbeatMilliseconds: Self.heartbeat)
        @Sendable func makeModel(_ seed: UInt64) -> SyntheticModel {
            SyntheticModel(
                language: SyntheticLanguage(seed: seed, endShare: endShare), slots: slots, context: context, maxRows: 64
            )
        }
        let small = makeModel(1).perturbed(seed: 7, agreement: 0.8)
        @Sendable func makeTarget(
            _ seed: UInt64, _ loops: [any Loop]
        ) -> (
            service: TargetService, setPassSeconds: @Sendable (Double) -> Void,
            countPasses: @Sendable () async throws -> Int
        ) {
            // Touched on its loop alone.
            nonisolated(unsafe) let model = makeModel(seed)
            model.passSeconds = passSeconds
            let service = TargetService(
                engine: TargetEngine(model: model, loop: loops[0]), network: network, loop: loops[1], settings: own)
            return (
                service, { seconds in loops[0].execute { model.passSeconds = seconds } },
                { try await loops[0].run { model.passes } }
            )
        }
        self.makeTarget = { seed, loops in makeTarget(seed, loops).service }
        self.network = network
        (self.target, self.setPassSeconds, self.countPasses) = makeTarget(1, [loops[0], loops[2]])
        self.draft = DraftService(
            engine: DraftEngine(model: small, loop: loops[1]), network: network, loop: loops[3], settings: own)
        self.coordinator = CoordinatorService(
            targets: ["target"], drafts: ["draft"], network: network, loop: loops[4], settings: own,
            mostWaiting: mostWaiting)
        self.loops = loops
        _ = try await self.target.start(at: "target")
        _ = try await self.draft.start(at: "draft")
        _ = try await self.coordinator.start(at: "coordinator")
        await self.coordinator.ready()
        self.makeClient = {
            ForetokenClient(address: "coordinator", network: network, heartbeatMilliseconds: Self.heartbeat)
        }
        self.client = self.makeClient()
        self.gateway = Gateway(client: self.makeClient(), settings: settings, routes: routes)
        let address = try await self.gateway.start()
        self.http = HTTPPeer(host: address.host, port: address.port)
    }

    /// Another gateway of the same coordinator; the caller stops it.
    func secondGateway(_ settings: GatewaySettings = Bed.settings) async throws -> (Gateway, HTTPPeer) {
        let gateway = Gateway(client: self.makeClient(), settings: settings)
        let address = try await gateway.start()
        return (gateway, HTTPPeer(host: address.host, port: address.port))
    }

    /// Passes of the target that begin from now on take so long.
    func takePasses(of seconds: Double) { self.setPassSeconds(seconds) }

    /// Passes that the first target has computed so far.
    var passes: Int { get async throws { try await self.countPasses() } }

    func stopTarget() async { await self.target.stop() }

    /// Puts a target of the same name and with other weights in the place of the first.
    func replaceTarget() async throws {
        await self.target.stop()
        let loops = ["new target model", "new target"].map { self.network.makeLoop(name: $0) }
        let target = self.makeTarget(2, loops)
        self.substitute.withLock { $0 = (target, loops) }
        _ = try await target.start(at: "target")
    }

    func stop() async {
        await self.client.close()
        await self.gateway.stop()
        await self.coordinator.stop()
        await self.draft.stop()
        await self.target.stop()
        let substitute = self.substitute.withLock { $0 }
        await substitute?.target.stop()
        for loop in self.loops + (substitute?.loops ?? []) { loop.stop() }
    }
}

/// Runs a test on a bed, and takes it down whatever happens.
func with(_ bed: Bed, _ body: (Bed) async throws -> Void) async throws {
    do {
        try await body(bed)
    } catch {
        await bed.stop()
        throw error
    }
    await bed.stop()
}
