import Executors
import Foretoken
import ForetokenEngine
import ForetokenLinks
import ForetokenServices
import InProcess
import Logging
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
    private let makeClient: @Sendable () -> ForetokenClient

    static let model = "synthetic"
    static let heartbeat: UInt32 = 200

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
        func makeModel() -> SyntheticModel {
            SyntheticModel(
                language: SyntheticLanguage(endShare: endShare), slots: slots, context: context, maxRows: 64)
        }
        let model = makeModel()
        model.passSeconds = passSeconds
        let small = makeModel().perturbed(seed: 7, agreement: 0.8)
        self.target = TargetService(
            engine: TargetEngine(model: model, loop: loops[0]), network: network, loop: loops[2], settings: own)
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

    func stopTarget() async { await self.target.stop() }

    func stop() async {
        await self.client.close()
        await self.gateway.stop()
        await self.coordinator.stop()
        await self.draft.stop()
        await self.target.stop()
        for loop in self.loops { loop.stop() }
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
