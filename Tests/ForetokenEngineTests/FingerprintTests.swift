import ForetokenModels
import Foundation
import Speculation
import TestSupport
import Testing

@testable import ForetokenEngine

/// Which models, and which ways to compute them, are told apart.
@Suite(.oneAtATime) final class FingerprintTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "foretoken-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: self.folder)
    }

    private func write(_ data: Data, _ name: String, in folder: String = "") throws -> String {
        let url = self.folder.appending(path: folder).appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
        return url.path
    }

    private func weights(_ path: String) throws -> UInt64 {
        try LlamaModel(path: path, context: 64).description.weightsFingerprint
    }

    // MARK: Weights

    @Test func oneFileHasOneFingerprintWhereverItLies() throws {
        let path = try #require(BundledModels.draft)
        let own = try self.weights(path)
        let copy = try self.write(Data(contentsOf: URL(filePath: path)), "other name.gguf")
        #expect(try self.weights(path) == own && self.weights(copy) == own && own != 0)
        // However it is served.
        let served = try LlamaModel(path: copy, slots: 3, context: 100, threads: 2, isolatesSlots: true)
        #expect(served.description.weightsFingerprint == own)
    }

    /// Copies in other types have the same name and the same number of parameters.
    @Test func everyTypeOfNumbersHasItsOwn() throws {
        let models = try ["F16", "BF16", "Q8_0", "Q4_0"].map { type in
            try LlamaModel(path: QuantizedModels.target(as: #require(.init(type))), context: 64).description
        }
        #expect(Set(models.map(\.weightsFingerprint)).count == models.count)
        #expect(Set(models.map(\.parameters)).count == 1 && Set(models.map(\.name)).count == 1)
        #expect(Set(models.map(\.vocabularyFingerprint)).count == 1)
    }

    /// Each tensor is looked at, and all of the head: whoever changes the metadata changes how the numbers are used.
    @Test func everyTensorAndTheHeadCount() throws {
        let plain = try PatchedGGUF()
        let own = try self.weights(self.write(plain.data, "plain.gguf"))
        for tensor in [0, plain.tensors.count / 2, plain.tensors.count - 1] {
            var patched = plain
            patched.numbers[patched.numbers.startIndex + Int(plain.tensors[tensor].offset)] ^= 1
            #expect(try self.weights(self.write(patched.data, "patched.gguf")) != own, "\(tensor)")
        }
        var last = plain
        last.numbers[last.numbers.endIndex - 1] ^= 1
        #expect(try self.weights(self.write(last.data, "last.gguf")) != own)
        var renamed = plain
        renamed.set("general.name", "another")
        #expect(try self.weights(self.write(renamed.data, "renamed.gguf")) != own)
    }

    @Test func allPartsOfASplitModelCount() throws {
        func split(_ whole: PatchedGGUF, in folder: String) throws -> String {
            let tensors = whole.tensors.sorted { $0.offset < $1.offset }
            let half = tensors.count / 2
            let boundary = tensors[half].offset
            var path = ""
            for part in 0..<2 {
                var file = whole
                if part == 1 { file.entries.removeAll { $0.key != "general.architecture" } }
                file.set("split.no", type: 2, PatchedGGUF.bytes(UInt16(part)))
                file.set("split.count", type: 2, PatchedGGUF.bytes(UInt16(2)))
                file.set("split.tensors.count", type: 5, PatchedGGUF.bytes(Int32(tensors.count)))
                file.tensors = part == 0 ? Array(tensors[..<half]) : Array(tensors[half...])
                if part == 1 { for index in file.tensors.indices { file.tensors[index].offset -= boundary } }
                let begin = whole.numbers.startIndex + Int(boundary)
                file.numbers = part == 0 ? whole.numbers[..<begin] : whole.numbers[begin...]
                let written = try self.write(file.data, "model-0000\(part + 1)-of-00002.gguf", in: folder)
                if part == 0 { path = written }
            }
            return path
        }
        var model = try PatchedGGUF()
        let own = try self.weights(split(model, in: "one"))
        #expect(try self.weights(split(model, in: "two")) == own)
        // In the second part alone.
        model.numbers[model.numbers.endIndex - 1] ^= 1
        #expect(try self.weights(split(model, in: "three")) != own)
    }

    @Test func languagesThatSpeakOtherwiseAreOtherModels() {
        let languages = [
            SyntheticLanguage(), SyntheticLanguage(seed: 2), SyntheticLanguage(order: 2),
            SyntheticLanguage(endShare: 0.1), SyntheticLanguage(vocabularySize: 321),
            SyntheticLanguage().perturbed(seed: 1, agreement: 0.5),
            SyntheticLanguage().perturbed(seed: 2, agreement: 0.5),
            SyntheticLanguage().perturbed(seed: 1, agreement: 0.6),
        ]
        #expect(Set(languages.map(\.fingerprint)).count == languages.count)
        #expect(SyntheticLanguage().fingerprint == languages[0].fingerprint)
    }

    // MARK: Rounding

    private func rounding(
        _ path: String, slots: Int = 1, threads: Int = 1, _ exactness: Exactness = .required
    ) throws -> Rounding {
        let model = try LlamaModel(path: path, slots: slots, context: 128, threads: threads, exactness: exactness)
        return try #require(model.description.rounding)
    }

    /// What a target is started with is no matter of its rounding, and what it computes is.
    @Test func exactTargetsOfOneModelRoundAlikeOnOneMachine() throws {
        let path = try #require(BundledModels.target)
        let own = try #require(try self.rounding(path).fingerprint)
        #expect(try self.rounding(path).fingerprint == own)
        #expect(try self.rounding(path, slots: 3, threads: 2).fingerprint == own)
        let other = try self.rounding(QuantizedModels.target(as: #require(.init("Q4_0"))))
        #expect(other.exact != nil && other.fingerprint != nil && other.fingerprint != own)
        #expect(try self.rounding(path, .measured(seconds: 60)).fingerprint == nil)
    }
}
