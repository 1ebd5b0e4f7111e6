import Foundation
import Logging

/// Writes each line of the log to standard error as one JSON object: `time`, `level`, `logger`, `message`, and the
/// metadata as members of their own names.
struct JSONLogHandler: LogHandler {
    let label: String
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level

    /// Members that are not metadata.
    private static let own = ["time", "level", "logger", "message"]

    init(label: String, level: Logger.Level, metadataProvider: Logger.MetadataProvider?) {
        self.label = label
        self.logLevel = level
        self.metadataProvider = metadataProvider
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var metadata = self.metadata
        metadata.merge(self.metadataProvider?.get() ?? [:]) { $1 }
        metadata.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { metadata["error"] = "\(error)" }
        Console.writeError(
            Self.line(level: event.level.rawValue, logger: self.label, message: "\(event.message)", metadata))
    }

    /// One line, its end included.
    static func line(level: String, logger: String, message: String, _ metadata: Logger.Metadata = [:]) -> String {
        var members: [(String, JSON)] = [
            ("time", .string(Date().ISO8601Format(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))),
            ("level", .string(level)), ("logger", .string(logger)), ("message", .string(message)),
        ]
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            members.append((Self.own.contains(key) ? "_" + key : key, Self.json(value)))
        }
        return JSON.members(members).text + "\n"
    }

    private static func json(_ value: Logger.Metadata.Value) -> JSON {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value): .string("\(value)")
        case .array(let values): .array(values.map(Self.json))
        case .dictionary(let members):
            .members(members.sorted { $0.key < $1.key }.map { ($0.key, Self.json($0.value)) })
        }
    }
}
