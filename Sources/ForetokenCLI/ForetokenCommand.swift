import ArgumentParser
import CommandSupport

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
              foretoken doctor --connect tcp://127.0.0.1:7000

            EXIT CODES:
              0    done
              1    check: a text differs from the target's own, and no near-tie explains it
              64   wrong usage, or a value out of range
              65   data that cannot be used: no GGUF file, a draft with another
                   vocabulary, an empty or too long prompt, a bad prompts file,
                   a configuration with faults
              66   a file is missing
              69   nobody answers there
              70   internal error
              73   cannot listen, as when the address is in use
              74   a file cannot be written, as when the disk is full
              75   busy, or too late: try again later
              76   who answers speaks another protocol version, or is not a coordinator
              130  ended by Ctrl-C
              143  ended by SIGTERM
            """,
        version: Release.version,
        subcommands: [
            GenerateCommand.self, ServeCommand.self, DescribeCommand.self, CheckCommand.self,
            DoctorCommand.self, LoadTestCommand.self, KeygenCommand.self, QuantizeCommand.self,
        ])

    static func main() async {
        await self.runAsProgram { try ServeCommand.expand($0) }
    }
}
