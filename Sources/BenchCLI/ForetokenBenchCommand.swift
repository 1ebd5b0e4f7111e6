import ArgumentParser
import CommandSupport

@main
struct ForetokenBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "foretoken-bench",
        abstract: "Measure Foretoken, on this machine and on paper.",
        discussion: """
            EXAMPLES:
              foretoken-bench live --prompts prompts.jsonl --delays 0,20
              foretoken-bench record --prompts prompts.jsonl --output trace.jsonl
              foretoken-bench costs --output costs.json
              foretoken-bench simulate --trace trace.jsonl --costs costs.json
              foretoken-bench chaos --faults 100 --seed 1

            EXIT CODES: those of foretoken; its --help lists them. chaos: 1 where it found something.
            """,
        version: Release.version,
        subcommands: [
            RecordCommand.self, CostsCommand.self, SimulateCommand.self, LiveCommand.self, LoadCommand.self,
            ProtocolCommand.self, LinkCommand.self, ChaosCommand.self, WidenCommand.self, TrainCommand.self,
        ])

    static func main() async {
        await self.runAsProgram()
    }
}
