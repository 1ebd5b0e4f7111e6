import ArgumentParser
import Logging

enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    var level: Logger.Level { Logger.Level(rawValue: self.rawValue)! }
}

struct LogOptions: ParsableArguments {
    @Option(help: "What is logged to standard error: this level and above.")
    var logLevel: LogLevel?

    /// Logs to standard error from now on. Called once.
    ///
    /// - Parameter level: where none was asked for.
    func start(level: LogLevel) -> Logger {
        let level = (self.logLevel ?? level).level
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        return Logger(label: "foretoken")
    }
}
