import ForetokenGateway
import Logging
import ServiceLifecycle
import Speculation
import UnixSignals

/// A service's life as a process: start, one line of JSON, wait for Ctrl-C or SIGTERM, stop.
struct Serving: Service {
    /// Starts, and returns what the ready line says.
    let start: @Sendable () async throws -> JSON
    let stop: @Sendable () async -> Void

    /// Returns after a clean end.
    func runUntilSignal(logger: Logger) async throws {
        var logger = logger
        if logger.logLevel == .debug { logger.logLevel = .info }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigint, .sigterm], logger: logger))
        try await group.run()
    }

    func run() async throws {
        let ready = try await self.start()
        Console.write(ready.text + "\n")
        try? await gracefulShutdown()
        await self.stop()
    }
}

extension JSON {
    /// Where HTTP is served; `null` where it is not.
    static func http(_ address: HTTPAddress?) -> JSON { address.map { .string("http://\($0)") } ?? .null }

    /// What a service with a model says when it is ready.
    static func ready(_ service: String, at address: String, model: ModelDescription, slots: Int) -> JSON {
        .object([
            "service": .string(service), "address": .string(address), "model": .string(model.name),
            "slots": .integer(slots), "context": .integer(model.contextLength),
            "vocabulary": .integer(model.vocabularySize),
        ])
    }
}
