package import ArgumentParser
import Foretoken
import Foundation

extension AsyncParsableCommand {
    /// Runs the command; errors are one line, with the exit code of their kind.
    ///
    /// - Parameter expand: makes of the program's arguments those that are parsed.
    package static func runAsProgram(
        expanding expand: @Sendable ([String]) throws -> [String] = { $0 }
    ) async -> Never {
        if let number = self.firstBrokenArgument {
            Console.error("argument \(number) is not UTF-8 text")
            Foundation.exit(ExitStatus.badData.rawValue)
        }
        Foundation.exit(await self.run(Array(CommandLine.arguments.dropFirst()), expand))
    }

    /// Which argument is not UTF-8, counted from 1. `CommandLine.arguments` mends it without a word.
    private static var firstBrokenArgument: Int? {
        (1..<max(1, Int(CommandLine.argc))).first { number in
            CommandLine.unsafeArgv[number].map { String(validatingCString: $0) == nil } ?? false
        }
    }

    private static func run(_ arguments: [String], _ expand: @Sendable ([String]) throws -> [String]) async -> Int32 {
        do {
            var command = try self.parseAsRoot(try expand(arguments))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch let error as CommandError {
            Console.error(error.message)
            return error.status.rawValue
        } catch let error as ForetokenError {
            let error = CommandError(error)
            Console.error(error.message)
            return error.status.rawValue
        } catch let code as ExitCode {
            return code.rawValue
        } catch {
            guard self.exitCode(for: error) != .success else {
                // Help or the version was asked for.
                Console.write(self.fullMessage(for: error) + "\n")
                return 0
            }
            let message = self.message(for: error).trimmingCharacters(in: .whitespacesAndNewlines)
            Console.error("\(message) (\(self._commandName) --help tells more)")
            return ExitStatus.usage.rawValue
        }
    }
}
