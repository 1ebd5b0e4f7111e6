import ArgumentParser
import CommandSupport
import Executors
import ForetokenEngine
import Foundation
import UnixSignals

struct QuantizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize",
        abstract: "Write a copy of a model with its numbers stored in another type.",
        discussion: """
            Coarser numbers make a model smaller and its passes faster, and its text different: a coarse copy of a \
            model serves as its draft. The model may be of any type, but a fine one gives a better copy: each \
            conversion rounds once more.

            Types, from the finest to the coarsest, with the bits that a number takes in a large model:
              F32 32       F16 16       BF16 16      Q8_0 8.5
              Q6_K 6.6     Q5_K_M 5.7   Q5_K_S 5.6   Q5_1 6.1     Q5_0 5.6
              Q4_K_M 4.9   Q4_K_S 4.7   Q4_1 5.1     Q4_0 4.7     IQ4_NL 4.7   IQ4_XS 4.5
              Q3_K_L 4.3   Q3_K_M 4.0   Q3_K_S 3.6   IQ3_M 3.8    IQ3_S 3.7
              Q2_K 3.2
            Types of fewer bits need an importance matrix, which this command does not make. Those named K, IQ3 and \
            IQ4_XS store rows by 256 numbers: where a row is not a multiple of that, libllama takes a type that stores by \
            32, and the command says so.

            EXAMPLES:
              foretoken quantize --type Q4_K_M model-f16.gguf
              foretoken quantize --type q2_k --output draft.gguf model-f16.gguf
              foretoken generate --model model-f16.gguf --draft draft.gguf "Once"
            """)

    @Option(
        help: .init("Type to store numbers in, one of those above, in any case.", valueName: "type"),
        transform: { try Self.parseType($0) })
    var type: ModelQuantizer.FileType

    @Option(
        help: .init(
            """
            File to write; one of that name is replaced. (default: next to the model: model-Q4_K_M.gguf for \
            model-f16.gguf)
            """,
            valueName: "file"))
    var output: String?

    @Argument(help: .init("GGUF file to copy.", valueName: "model"))
    var model: String

    func run() async throws {
        let output = self.output ?? Self.name(for: self.model, type: self.type)
        guard Self.resolved(output) != Self.resolved(self.model) else {
            throw CommandError(.usage, "\(output) is the model itself: name another file with --output")
        }
        let ending = try await untilInterrupted {
            do {
                return try await self.copy(to: output)
            } catch let error as ModelError {
                throw CommandError(error)
            }
        }
        switch ending {
        case .finished(let copy):
            for note in copy.notes { Console.warning(note) }
            Console.write(try self.summary(of: copy, at: output) + "\n")
        case .interrupted(let signal):
            // The library cannot be stopped, and must not find its own things taken down while it works: the process
            // ends without the formalities.
            _exit(signal == .sigint ? 130 : 143)
        }
    }

    /// Copies on a thread of its own; when the task is cancelled, returns at once and lets the thread go on for nothing.
    private func copy(to output: String) async throws -> ModelQuantizer.Copy {
        let quantizer = try ModelQuantizer(path: self.model, output: output, type: self.type)
        let progress = ProgressBar(total: quantizer.count, of: "tensors")
        defer { progress.end() }
        let loop = ThreadLoop(name: "quantizer")
        let (results, continuation) = AsyncStream.makeStream(of: Result<ModelQuantizer.Copy, ModelError>.self)
        loop.execute {
            do throws(ModelError) {
                continuation.yield(.success(try quantizer.run { progress.advance() }))
            } catch {
                continuation.yield(.failure(error))
            }
        }
        guard let result = await results.first(where: { _ in true }) else {
            quantizer.abandon()
            throw CancellationError()
        }
        loop.stop()
        return try result.get()
    }

    /// `model-Q4_K_M.gguf` next to `model.gguf` or `model-f16.gguf`.
    static func name(for model: String, type: ModelQuantizer.FileType) -> String {
        var name = model.hasSuffix(".gguf") ? String(model.dropLast(5)) : model
        if let separator = name.lastIndex(where: { "-.".contains($0) }),
            ModelQuantizer.FileType(String(name[name.index(after: separator)...])) != nil
        {
            name = String(name[..<separator])
        }
        return "\(name)-\(type).gguf"
    }

    /// Such as `model-Q4_K_M.gguf: 83.1 MB where model.gguf takes 270.0 MB, 197 tensors of q4_K, 61 of f32`.
    private func summary(of copy: ModelQuantizer.Copy, at output: String) throws -> String {
        func megabytes(_ path: String) throws -> String {
            let size = try URL(filePath: path).resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            return "\((Double(size) / 1e6).shortText) MB"
        }
        let types = copy.types.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($1) of \($0)" }
        return """
            \(output): \(try megabytes(output)), where \(self.model) takes \(try megabytes(self.model)); tensors: \
            \(types.joined(separator: ", "))
            """
    }

    private static func resolved(_ path: String) -> String {
        URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }

    private static func parseType(_ text: String) throws -> ModelQuantizer.FileType {
        guard let type = ModelQuantizer.FileType(text) else {
            let known = ModelQuantizer.FileType.all.map(\.description).joined(separator: ", ")
            throw ValidationError(
                "\"\(text)\" is not a type that can be written without an importance matrix: choose from \(known)")
        }
        return type
    }
}
