import ArgumentParser
import CommandSupport
import ForetokenEngine
import ForetokenModels
import UnixSignals
import Widening

struct WidenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "widen",
        abstract: "Write a larger model that writes the same text, to measure with.",
        discussion: """
            Makes a model of the Llama architecture wider and deeper without changing what it computes, but for \
            rounding: zeros around its weights, norms rescaled, layers that add nothing. A pass of the copy costs what \
            a real model of that size costs, and a draft is accepted as often as by the small one. Only for measuring: \
            it is not a better model. To measure passes of several rows take a width of 2048 or more, as real models \
            have: on a CPU the second row costs a narrow model much more than a wide one.

            With --random it is a model of noise instead: the worst draft there can be.

            EXAMPLES:
              foretoken-bench widen --width 2048 --layers 6 --type bf16 --output wide.gguf
              foretoken-bench widen --model T.gguf --width 2048 --layers 24 --type q8_0 \\
                  --output wide.gguf
              foretoken-bench widen --model D.gguf --random 1 --output noise.gguf
              foretoken generate --model wide.gguf "import Foundation"
            """)

    @Option(help: .init("GGUF file to begin with. (default: the bundled target)", valueName: "file"))
    var model: String?

    @Option(
        help: .init(
            "Width of the copy, a multiple of the model's head size. (default: the model's)", valueName: "n"))
    var width: Int?

    @Option(
        help: .init("Layers of the copy, at least as many as the model has. (default: the model's)", valueName: "n"))
    var layers: Int?

    @Option(
        help: .init(
            "Width of the feed-forward part. (default: grows as the width does, to a multiple of 256)", valueName: "n"))
    var feedForward: Int?

    @Option(
        help: .init("How matrices are stored: f32, f16, bf16 or q8_0. (default: as in the model)", valueName: "type"),
        transform: { try Self.parseType($0) })
    var type: ModelWidener.NumberType?

    @Option(
        parsing: .unconditional,
        help: .init("Replace the weights by noise of the same scale, drawn with this seed.", valueName: "seed"),
        transform: NumberOption.seed)
    var random: UInt64?

    @Option(help: .init("File to write; one of that name is replaced.", valueName: "file"))
    var output: String

    func validate() throws {
        try checkPositive(self.width, "--width")
        try checkPositive(self.layers, "--layers")
        try checkPositive(self.feedForward, "--feed-forward")
    }

    func run() async throws {
        guard let model = self.model ?? BundledModels.target else {
            throw CommandError(.missingFile, "the bundled models are not next to the program: name a file with --model")
        }
        if model == self.output { throw CommandError(.usage, "--output is the model itself: name another file") }
        let ending = try await untilInterrupted {
            do {
                return try await self.widen(model)
            } catch let error as WideningError {
                throw CommandError(error)
            }
        }
        switch ending {
        case .finished(let line): Console.write(line + "\n")
        case .interrupted(let signal): throw ExitCode(signal == .sigint ? 130 : 143)
        }
    }

    /// - Returns: what the copy is, in a line.
    private func widen(_ model: String) async throws -> String {
        let widener = try ModelWidener(
            path: model, width: self.width, layers: self.layers, feedForward: self.feedForward, type: self.type,
            seed: self.random, output: self.output)
        let progress = ProgressBar(total: widener.count, of: "tensors")
        defer { progress.end() }
        while try widener.writeNext() {
            progress.advance()
            // Between two tensors there is time for Ctrl-C.
            await Task.yield()
            try Task.checkCancellation()
        }
        let shape = widener.widening.new
        return """
            \(self.output): \((Double(widener.parameters) / 1e6).shortText) million parameters, width \(shape.width), \
            \(count(shape.layers, "layer")), feed-forward \(shape.feedForward), \(count(shape.heads, "head")) and \
            \(shape.keyValueHeads) of keys and values
            """
    }

    private static func parseType(_ text: String) throws -> ModelWidener.NumberType {
        guard let type = ModelWidener.NumberType(rawValue: text) else {
            let known = ModelWidener.NumberType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\"\(text)\" is not a type to store numbers in: choose from \(known)")
        }
        return type
    }
}
