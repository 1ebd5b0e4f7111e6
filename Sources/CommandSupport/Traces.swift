import ForetokenTraces
import Foundation
package import Logging
package import Tracing

/// The spans of this process, where the environment names a receiver for them. Else there are none, at no cost, and
/// what traces requests come with is passed on.
package struct Traces: Sendable {
    private let own: OTLPTracer?

    package var tracer: (any Tracer)? { self.own }

    /// Begins to record: to be called once, after there are metrics and before there are services.
    ///
    /// Where the environment is wrong, that is told, and nothing is recorded: it is often set for a whole cluster, and no
    /// reason not to serve.
    ///
    /// - Parameter part: what the process is called where the environment does not say: `foretoken-` and this.
    package init(of part: String, logger: Logger) {
        let settings: TraceSettings?
        do {
            settings = try TraceSettings(ProcessInfo.processInfo.environment, service: "foretoken-\(part)")
        } catch {
            logger.warning("No spans are sent", metadata: ["reason": "\(error.description)"])
            settings = nil
        }
        self.own = settings.map { OTLPTracer($0, logger: logger) }
        if let own { InstrumentationSystem.bootstrap(own) } else { InstrumentationSystem.bootstrap(TracePropagator()) }
    }

    /// Sends what is left.
    package func end() async { await self.own?.shutdown() }
}
