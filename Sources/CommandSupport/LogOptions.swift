package import ArgumentParser
import ForetokenTraces
package import Logging

package enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    package var level: Logger.Level { Logger.Level(rawValue: self.rawValue)! }
}

package enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

package struct LogOptions: ParsableArguments {
    @Option(help: "What is logged to standard error: this level and above.")
    package var logLevel: LogLevel?

    @Option(help: "How: as text, or as one JSON object a line.")
    package var logFormat = LogFormat.text

    package init() {}

    /// Logs to standard error from now on. Called once.
    ///
    /// - Parameter level: where none was asked for.
    package func start(level: LogLevel) -> Logger {
        let level = (self.logLevel ?? level).level
        let isJSON = self.logFormat == .json
        if isJSON { Console.speakJSON() }
        LoggingSystem.bootstrap(
            { label, provider in
                if isJSON { return JSONLogHandler(label: label, level: level, metadataProvider: provider) }
                var handler = StreamLogHandler.standardError(label: label, metadataProvider: provider)
                handler.logLevel = level
                return handler
            }, metadataProvider: .trace)
        return Logger(label: "foretoken")
    }
}
