import ForetokenEngine
import ForetokenModels
import Foundation
import Speculation
import Synchronization
import TestSupport
import Testing
import Widening

@Suite(.oneAtATime) final class ModelQuantizerTests {
    /// The bundled target is nearly sure that a brace follows.
    private static let prompt = "import Foundation\n\nfunc main() {\n    for value in values {\n"

    private let folder = FileManager.default.temporaryDirectory.appending(path: "foretoken-\(UUID().uuidString)")
    private var output: String { self.folder.appending(path: "copy.gguf").path }
    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: self.folder.path)) ?? [] }

    init() throws {
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: self.folder)
    }

    private func size(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }

    /// A copy is the same model but for rounding: where the model is nearly sure, it still gives that token half of the
    /// probability, where a broken one would take a random token of 8,192.
    @Test(arguments: QuantizedModels.types) func copiesLoadAndKnowAsMuch(type: ModelQuantizer.FileType) throws {
        let target = try LlamaModel(path: try #require(BundledModels.target), context: 256, maxRows: 128)
        let copy = try LlamaModel(path: try QuantizedModels.target(as: type), context: 256, maxRows: 128)
        #expect(copy.description.parameters == target.description.parameters)
        #expect(copy.description.vocabularyFingerprint == target.description.vocabularyFingerprint)
        let tokens = try copy.tokenize(Self.prompt)
        for model in [target, copy] { try model.decode(rows(tokens, slot: 0)) }
        let next = Int(try mostProbable(target, row: tokens.count - 1))
        let logits = try logits(of: copy, row: tokens.count - 1)
        let odds = logits.reduce(Float(0)) { $0 + expf($1 - logits[next]) }
        #expect(1 / odds > 0.5)
    }

    /// The draft is widened first, so that no row needs another type than the file's: those that want an importance
    /// matrix would fail here.
    @Test func allTypesAreWrittenWithoutAnImportanceMatrix() throws {
        let wide = self.folder.appending(path: "wide.gguf").path
        let widener = try ModelWidener(
            path: try #require(BundledModels.draft), width: 256, layers: 8, feedForward: 512, type: .f16, output: wide)
        while try widener.writeNext() {}
        var sizes: [Int] = []
        for type in ModelQuantizer.FileType.all {
            let copy = try ModelQuantizer(path: wide, output: self.output, type: type).run()
            #expect(copy.notes.isEmpty, "\(type)")
            #expect(copy.types.values.reduce(0, +) == widener.count)
            _ = try LlamaModel(path: self.output, context: 64)
            sizes.append(try self.size(self.output))
        }
        #expect(sizes[0] > 7 * sizes.last!, "\(sizes)")
        #expect(Set(self.files) == ["wide.gguf", "copy.gguf"])
    }

    /// Rows of 384 numbers are no multiples of 256, those of 1024 are.
    @Test func tellsWhereRowsAreNoWholeBlocks() throws {
        let target = try #require(BundledModels.target)
        let copy = try ModelQuantizer(path: target, output: self.output, type: #require(.init("Q4_K_S"))).run()
        #expect(copy.types == ["q5_0": 32, "q5_1": 4, "q4_K": 6, "q8_0": 1, "f32": 13])
        #expect(
            copy.notes == [
                "32 tensors have rows of 384 numbers, and q4_K stores numbers by 256: stored as q5_0 instead",
                "4 tensors have rows of 384 numbers, and q5_K stores numbers by 256: stored as q5_1 instead",
            ])
    }

    @Test func countsTensors() throws {
        let done = Mutex(0)
        let quantizer = try ModelQuantizer(
            path: try #require(BundledModels.draft), output: self.output, type: #require(.init("q4_0")))
        let copy = try quantizer.run { done.withLock { $0 += 1 } }
        #expect(done.withLock { $0 } == quantizer.count)
        #expect(copy.types.values.reduce(0, +) == quantizer.count)
    }

    @Test func typesHaveLlamaCppsNames() {
        #expect(ModelQuantizer.FileType("q4_k_m")?.description == "Q4_K_M")
        #expect(ModelQuantizer.FileType("Q4_K") == ModelQuantizer.FileType("Q4_K_M"))
        #expect(ModelQuantizer.FileType("bf16")?.description == "BF16")
        for name in ["", "Q4", "IQ2_XXS", "IQ3_XS", "Q2_K_S", "Q4_K_M "] {
            #expect(ModelQuantizer.FileType(name) == nil, "\(name)")
        }
    }

    @Test func refusesFiles() throws {
        let draft = try #require(BundledModels.draft)
        let type = try #require(ModelQuantizer.FileType("Q4_0"))
        let nowhere = self.folder.appending(path: "no/such/folder/copy.gguf").path
        #expect(throws: ModelError.fileMissing("/no/model.gguf")) {
            try ModelQuantizer(path: "/no/model.gguf", output: self.output, type: type)
        }
        #expect(throws: ModelError.notWritable(nowhere, reason: "No such file or directory")) {
            try ModelQuantizer(path: draft, output: nowhere, type: type)
        }
        #expect(throws: ModelError.notWritable(self.folder.path, reason: "it is there, and no plain file")) {
            try ModelQuantizer(path: draft, output: self.folder.path, type: type)
        }

        let path = self.folder.appending(path: "model.gguf").path
        let data = try Data(contentsOf: URL(fileURLWithPath: draft))
        try data.prefix(data.count - 100_000).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: ModelError.self) {
            try ModelQuantizer(path: path, output: self.output, type: type).run()
        }
        let words = "\(try #require(error))"
        #expect(words.hasPrefix("\(path) is not a model that can be loaded: tensor '") && words.contains("incomplete"))
        #expect(self.files == ["model.gguf"])
    }

    @Test func whatIsAbandonedOrForgottenLeavesNothing() throws {
        let draft = try #require(BundledModels.draft)
        let type = try #require(ModelQuantizer.FileType("Q4_0"))
        try Data("before".utf8).write(to: URL(filePath: self.output))
        var quantizer: ModelQuantizer? = try ModelQuantizer(path: draft, output: self.output, type: type)
        #expect(self.files.count == 2)
        quantizer!.abandon()
        #expect(self.files == ["copy.gguf"])
        // The library finds no place to write to.
        #expect(throws: ModelError.self) { try quantizer!.run() }
        #expect(self.files == ["copy.gguf"])

        quantizer = try ModelQuantizer(path: draft, output: self.output, type: type)
        quantizer = nil
        #expect(self.files == ["copy.gguf"])
        #expect(try Data(contentsOf: URL(filePath: self.output)) == Data("before".utf8))
    }

    @Test func abandonedInTheMiddleItLeavesNothing() throws {
        let quantizer = try ModelQuantizer(
            path: try #require(BundledModels.draft), output: self.output, type: #require(.init("Q4_0")))
        #expect(throws: ModelError.self) { try quantizer.run { quantizer.abandon() } }
        #expect(self.files.isEmpty)
    }
}
