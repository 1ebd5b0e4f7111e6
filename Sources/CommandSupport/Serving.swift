package import Logging
import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// A service's life as a process: start, one line of JSON, wait for Ctrl-C or SIGTERM, stop.
///
/// SIGHUP reads the configuration again. Where it comes because the terminal is gone, it ends the service as SIGTERM
/// does, but not under `nohup`.
///
/// Ctrl-C cancels the task that stops, also in the midst of it, so that nothing is waited for.
package struct Serving: Service {
    /// Starts, and returns what the ready line says.
    package let start: @Sendable () async throws -> JSON
    package let stop: @Sendable () async -> Void
    /// Waits until it cannot go on, and returns why; `nil` where nothing is to be waited for.
    package let failure: @Sendable () async -> (any Error)?
    /// Takes up what has changed in the configuration; `nil` where there is none.
    package let reload: (@Sendable () async -> Void)?

    package init(
        reload: (@Sendable () async -> Void)? = nil,
        _ start: @escaping @Sendable () async throws -> JSON, stop: @escaping @Sendable () async -> Void,
        failure: @escaping @Sendable () async -> (any Error)? = { nil }
    ) {
        self.start = start
        self.failure = failure
        self.stop = stop
        self.reload = reload
    }

    /// Returns after a clean end.
    package func runUntilSignal(logger: Logger) async throws {
        FileLimit.raise()
        var logger = logger
        if logger.logLevel == .debug { logger.logLevel = .info }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm], cancellationSignals: [.sigint], logger: logger))
        try await group.run()
    }

    package func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: self.reload == nil ? [] : [.sighup])
        let ready = try await self.start()
        Console.write(ready.text + "\n")
        let reloading = Task {
            if Hangup.hasCome { await self.hangUp() }
            for await _ in hangups { await self.hangUp() }
        }
        let error = await cancelWhenGracefulShutdown { await self.failure() }
        if error == nil { try? await gracefulShutdown() }
        // What stops takes up nothing more.
        reloading.cancel()
        await reloading.value
        await self.stop()
        if let error { throw error }
    }

    private func hangUp() async {
        if Hangup.isOfTerminal { kill(getpid(), SIGTERM) } else { await self.reload?() }
    }
}
