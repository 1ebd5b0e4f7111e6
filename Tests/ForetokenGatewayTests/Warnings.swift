import Logging
import Synchronization

/// Keeps what is logged as a warning or worse.
final class Warnings: Sendable {
    private let messages = Mutex<[String]>([])

    var all: [String] { self.messages.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(warnings: self) }
    }

    private struct Handler: LogHandler {
        let warnings: Warnings
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            self.warnings.messages.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
        }
    }
}
