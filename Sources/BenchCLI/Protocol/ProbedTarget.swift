internal import Executors
internal import ForetokenEngine
internal import ForetokenLinks
internal import ForetokenServices
internal import ForetokenWire
internal import Foundation
internal import Logging
internal import Speculation

/// A target service whose model takes no time, and the probe that times it.
struct ProbedTarget {
    let probe: ProtocolProbe
    private let service: TargetService

    /// - Parameter network: that a service of a role, or the probe in its place, has.
    init(lookahead: Int, network: (Role) throws -> ZeroMQNetwork) async throws {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let model = SyntheticModel(language: SyntheticLanguage(vocabularySize: 64), slots: 1, context: 1 << 20)
        let engine = TargetEngine(model: model, loop: ThreadLoop(name: "model"))
        let there = try network(.target)
        self.service = TargetService(
            engine: engine, network: there, loop: there.makeLoop(name: "target"),
            settings: ServiceSettings(logger: logger, heartbeatMilliseconds: 60_000),
            // A model that takes no time would write thousands of tokens alone whenever a block is late.
            patience: Patience(first: 10, least: 10, most: 10))
        let address = try await self.service.start(at: "tcp://127.0.0.1:0")
        let coordinator = try network(.coordinator)
        self.probe = ProtocolProbe(loop: coordinator.makeLoop(name: "probe"), lookahead: lookahead)
        try await self.probe.connect(to: address, as: .coordinator, over: coordinator)
        try await self.probe.connect(to: address, as: .draft, over: try network(.draft))
    }

    func stop() async {
        await self.probe.close()
        await self.service.stop()
    }
}

/// The keys of a deployment that lives as long as the value.
final class BenchKeys: Sendable {
    private let path: String

    init() throws {
        let name = "foretoken-bench-\(UInt64.random(in: 0 ... .max))"
        self.path = FileManager.default.temporaryDirectory.appending(path: name).path
        _ = try KeysDirectory(self.path).make()
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    func network(_ role: Role) throws -> ZeroMQNetwork {
        try ZeroMQNetwork(.keys(Keyring(self.path, role: role)))
    }
}
