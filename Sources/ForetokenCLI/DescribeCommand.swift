import ArgumentParser
import CommandSupport
import Foretoken
import ForetokenGateway

struct DescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show what a coordinator knows: targets, drafts, load, costs and prices.",
        discussion: """
            Tells of each target its tokens per second, and the time of a pass by its rows; of each draft, for each \
            target, the time of a draft token, the round trip, the acceptance as predicted and as measured, the price \
            (what the first draft token of a block has to be worth, in tokens), and how many draft tokens a pass held \
            recently. Below that stand the terms on which the coordinator lets the draft serve the target: the gain \
            that it expects over the target alone, whether both compute side by side or in turn on the same cores, the \
            most draft tokens that may be in flight, and whether the draft pays there or is left out but for a try now \
            and then.

            EXAMPLES:
              foretoken describe --connect tcp://127.0.0.1:7000
              foretoken describe --connect tcp://127.0.0.1:7000 --json
            """)

    @Option(help: .init("The coordinator.", valueName: "address"))
    var connect = "tcp://127.0.0.1:7000"

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup
    var security: SecurityOptions

    @OptionGroup
    var log: LogOptions

    func run() async throws {
        let logger = self.log.start(level: .warning)
        var options = ClientOptions()
        options.connect = self.connect
        options.security = self.security
        let deployment = try await options.withClient(
            logger: logger,
            pair: { () throws(CommandError) -> ModelPair in throw CommandError(.internalError, "no models") }
        ) { client in try await client.describe() }
        let text =
            self.json
            ? try DeploymentObject(deployment, address: self.connect).jsonText
            : DeploymentReport(deployment, address: self.connect).text
        Console.write(text + "\n")
    }
}
