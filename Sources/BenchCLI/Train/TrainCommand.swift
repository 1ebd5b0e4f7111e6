import ArgumentParser

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train what a lookahead rule predicts with.",
        subcommands: [TrainClassifier.self])
}
