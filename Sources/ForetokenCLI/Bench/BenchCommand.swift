import ArgumentParser

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure.",
        subcommands: [BenchLive.self, BenchLoad.self, BenchRecord.self, BenchCosts.self, BenchProtocol.self])
}
