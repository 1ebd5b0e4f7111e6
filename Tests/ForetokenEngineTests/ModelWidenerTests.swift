import ForetokenEngine
import ForetokenModels
import Foundation
import Speculation
import TestSupport
import Testing
import Widening

@Suite(.oneAtATime) final class ModelWidenerTests {
    private static let prompt =
        "import Foundation\n\nfunc main() {\n    let values = [1, 2, 3]\n    for value in values {"

    private let folder = FileManager.default.temporaryDirectory.appending(path: "foretoken-\(UUID().uuidString)")
    private var output: String { self.folder.appending(path: "wide.gguf").path }

    init() throws {
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: self.folder)
    }

    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: self.folder.path)) ?? [] }

    private func widen(
        _ model: String?, width: Int? = nil, layers: Int? = nil, feedForward: Int? = nil,
        type: ModelWidener.NumberType? = nil, seed: UInt64? = nil, to output: String? = nil
    ) throws -> LlamaModel {
        let widener = try ModelWidener(
            path: try #require(model), width: width, layers: layers, feedForward: feedForward, type: type, seed: seed,
            output: output ?? self.output)
        while try widener.writeNext() {}
        let model = try LlamaModel(path: output ?? self.output, context: 256, maxRows: 128)
        #expect(model.description.parameters == UInt64(widener.parameters))
        return model
    }

    /// Compares the logits of two models behind each token of the prompt, and the greedy text behind it.
    ///
    /// - Parameter bound: of the difference of logits, which reach about 20 here.
    private func compare(_ old: LlamaModel, _ new: LlamaModel, bound: Float) throws {
        var pass = rows(try old.tokenize(Self.prompt), slot: 0)
        var worst: Float = 0
        for _ in 0..<48 {
            try old.decode(pass)
            try new.decode(pass)
            for row in pass.indices {
                let (expected, found) = (try logits(of: old, row: row), try logits(of: new, row: row))
                worst = max(worst, zip(expected, found).map { abs($0 - $1) }.max()!)
            }
            let token = try mostProbable(old, row: pass.count - 1)
            #expect(try mostProbable(new, row: pass.count - 1) == token)
            pass = rows([token], slot: 0, at: pass.last!.position + 1)
        }
        #expect(worst < bound)
    }

    /// Sums of other lengths are added up in another order, and norms are rounded once more; f16 kernels round what
    /// they multiply to 11 bits, so a difference in the last bit of f32 may become one of 1/2048 of a term. That is
    /// what passes of different widths differ by, too (0.011 at most on 1,728 positions).
    @Test func wideTargetWritesTheSame() throws {
        let target = try LlamaModel(path: try #require(BundledModels.target), context: 256, maxRows: 128)
        let wide = try self.widen(BundledModels.target, width: 512, layers: 8)
        #expect(wide.description.name == "foretoken-reference-target, widened to 512 x 8 x 1536")
        #expect(wide.description.vocabularyFingerprint == target.description.vocabularyFingerprint)
        #expect(wide.description.parameters > 28_000_000)
        #expect(self.files == ["wide.gguf"])
        try self.compare(target, wide, bound: 0.03)
        // Nine heads: the six of before move apart, into three groups of three.
        try target.rollBack(slot: 0, to: 0)
        try self.compare(target, try self.widen(BundledModels.target, width: 576, feedForward: 1024), bound: 0.03)
    }

    /// Blocks of q8_0 keep their numbers, but its kernels round what they multiply to 8 bits, which is coarser (0.13 at
    /// most between passes of different widths).
    @Test func wideDraftWritesTheSame() throws {
        let draft = try LlamaModel(path: try #require(BundledModels.draft), context: 256, maxRows: 128)
        try self.compare(draft, try self.widen(BundledModels.draft, width: 256, layers: 5), bound: 0.15)
    }

    @Test(arguments: ModelWidener.NumberType.allCases) func readsWhatItWrites(type: ModelWidener.NumberType) throws {
        let first = try self.widen(BundledModels.draft, width: 192, layers: 4, type: type)
        let again = self.folder.appending(path: "again.gguf").path
        let second = try self.widen(self.output, to: again)
        let size = { try FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int }
        #expect(try size(self.output) == size(again))
        try first.decode(rows([1, 2, 3], slot: 0))
        try second.decode(rows([1, 2, 3], slot: 0))
        #expect(try logits(of: first, row: 2) == logits(of: second, row: 2))
    }

    @Test func randomModelIsOfItsSeed() throws {
        let tokens = rows([1, 2, 3], slot: 0)
        let texts = try [UInt64(1), 1, 2].map { seed in
            let model = try self.widen(BundledModels.draft, seed: seed)
            #expect(model.description.name.hasSuffix("random weights of seed \(seed)"))
            try model.decode(tokens)
            return try logits(of: model, row: 2)
        }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
        #expect(texts[0].allSatisfy { $0.isFinite })
    }

    @Test func refusesFiles() throws {
        let draft = try #require(BundledModels.draft)
        let nowhere = self.folder.appending(path: "no/such/folder/wide.gguf").path
        #expect(throws: WideningError.file(.fileMissing("/no/model.gguf"))) {
            try ModelWidener(path: "/no/model.gguf", output: self.output)
        }
        #expect(throws: WideningError.file(.notWritable(nowhere, reason: "No such file or directory"))) {
            try ModelWidener(path: draft, output: nowhere)
        }
        #expect(
            throws: WideningError.notWholeBlocks(
                tensor: "blk.0.ffn_down.weight", columns: 400, type: "q8_0", blockSize: 32)
        ) {
            try ModelWidener(path: draft, feedForward: 400, output: self.output)
        }

        let path = self.folder.appending(path: "model.gguf").path
        var data = try Data(contentsOf: URL(fileURLWithPath: draft))
        try data.prefix(data.count - 100_000).write(to: URL(fileURLWithPath: path))
        var cut: ModelWidener? = try ModelWidener(path: path, output: self.output)
        #expect(throws: WideningError.file(.notLoadable(path, reason: "it ends within blk.2.ffn_up.weight"))) {
            while try cut!.writeNext() {}
        }
        cut = nil

        data.replaceSubrange(try #require(data.range(of: Data("llama".utf8))), with: Data("gemma".utf8))
        try data.write(to: URL(fileURLWithPath: path))
        #expect(throws: WideningError.notLlama(architecture: "gemma")) {
            try ModelWidener(path: path, output: self.output)
        }
        try Data("GGUF, or so it says".utf8).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: WideningError.self) { try ModelWidener(path: path, output: self.output) }
        #expect("\(try #require(error))".hasPrefix("\(path) is not a model that can be loaded: "))
        #expect(self.files == ["model.gguf"])
    }

    @Test func doesNotFillTheDisk() throws {
        let widener = try ModelWidener(
            path: try #require(BundledModels.target), width: 1 << 20, layers: 512, feedForward: 1 << 20,
            output: self.output)
        let error = #expect(throws: WideningError.self) { try widener.writeNext() }
        #expect("\(try #require(error))".hasSuffix("MiB are free"))
    }

    @Test func leavesNothingBehindWhenItIsNotFinished() throws {
        var widener: ModelWidener? = try ModelWidener(
            path: try #require(BundledModels.draft), width: 256, output: self.output)
        #expect(try widener!.writeNext())
        #expect(self.files.count == 1)
        #expect(self.files != ["wide.gguf"])
        widener = nil
        #expect(self.files.isEmpty)
    }
}
