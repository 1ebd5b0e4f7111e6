import ArgumentParser
import Foretoken
import Foundation

@main
struct ForetokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "foretoken",
        abstract: "Generate text with a large model, sped up by a small one, with exactly the large one's output.",
        discussion: """
            A small draft model runs ahead and proposes tokens; the large target model checks a whole block of them \
            in one pass. Both may run on machines of their own.

            EXAMPLES:
              foretoken generate "import Foundation"
              foretoken generate --color --lookahead fixed:4 "def main():"
              foretoken serve all
              foretoken generate --connect tcp://127.0.0.1:7000 "import Foundation"
              foretoken check --prompts prompts.jsonl

            EXIT CODES:
              0    done
              1    check: a text differs from the target's own, and no near-tie explains it
              64   wrong usage, or a value out of range
              65   data that cannot be used: no GGUF file, a draft with another
                   vocabulary, an empty or too long prompt, a bad prompts file
              66   a file is missing
              69   nobody answers there
              70   internal error
              73   cannot listen, as when the address is in use
              74   a file cannot be written, as when the disk is full
              75   busy, or too late: try again later
              76   who answers speaks another protocol version, or is no coordinator
              130  ended by Ctrl-C
              143  ended by SIGTERM
            """,
        version: "0.1.0",
        subcommands: [
            GenerateCommand.self, ServeCommand.self, DescribeCommand.self, CheckCommand.self,
            LoadTestCommand.self, BenchCommand.self, SimulateCommand.self, TrainCommand.self, LinkCommand.self,
            WidenCommand.self, QuantizeCommand.self,
        ])

    /// Runs the command; errors are one line, with the exit code of their kind.
    static func main() async {
        if let number = self.firstBrokenArgument {
            Console.error("argument \(number) is no UTF-8 text")
            Foundation.exit(ExitStatus.badData.rawValue)
        }
        Foundation.exit(await self.run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Which argument is no UTF-8, counted from 1. `CommandLine.arguments` mends it without a word.
    private static var firstBrokenArgument: Int? {
        (1..<max(1, Int(CommandLine.argc))).first { number in
            CommandLine.unsafeArgv[number].map { String(validatingCString: $0) == nil } ?? false
        }
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try self.parseAsRoot(arguments)
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
            Console.error("\(message) (foretoken --help tells more)")
            return ExitStatus.usage.rawValue
        }
    }
}
