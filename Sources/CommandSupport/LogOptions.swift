package import ArgumentParser
package import Logging

package enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    package var level: Logger.Level { Logger.Level(rawValue: self.rawValue)! }
}

package struct LogOptions: ParsableArguments {
    @Option(help: "What is logged to standard error: this level and above.")
    package var logLevel: LogLevel?

    package init() {}

    /// Logs to standard error from now on. Called once.
    ///
    /// - Parameter level: where none was asked for.
    package func start(level: LogLevel) -> Logger {
        let level = (self.logLevel ?? level).level
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        return Logger(label: "foretoken")
    }
}
