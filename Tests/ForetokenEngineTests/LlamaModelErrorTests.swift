import ForetokenEngine
import ForetokenModels
import Foundation
import Llama
import TestSupport
import Testing

@Suite(.oneAtATime) final class LlamaModelErrorTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "foretoken-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: self.folder)
    }

    /// The reason for which a file with these bytes is not loaded.
    private func refusal(of bytes: Data) throws -> String {
        let path = self.folder.appending(path: "model.gguf").path
        try bytes.write(to: URL(fileURLWithPath: path))
        do throws(ModelError) {
            _ = try LlamaModel(path: path)
        } catch .notLoadable(path, let reason) {
            return reason
        } catch {
            Issue.record("an unexpected error: \(error)")
        }
        return ""
    }

    @Test func missingFileIsNamed() {
        #expect(throws: ModelError.fileMissing("/no/such/model.gguf")) { try LlamaModel(path: "/no/such/model.gguf") }
    }

    @Test func fileThatIsNoModelIsRefused() throws {
        let reason = "it does not begin as a GGUF file does"
        #expect(try self.refusal(of: Data("Hello, this is text.".utf8)) == reason)
        #expect(try self.refusal(of: Data()) == reason)
        #expect(throws: ModelError.notLoadable(self.folder.path, reason: reason)) {
            try LlamaModel(path: self.folder.path)
        }
    }

    @Test func truncatedFileIsRefused() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: try #require(BundledModels.draft)))
        for count in [4, 20, 1000, 200_000, whole.count / 2, whole.count - 64] {
            #expect(try !self.refusal(of: whole.prefix(count)).isEmpty)
        }
        #expect(try self.refusal(of: whole.prefix(whole.count / 2)).contains("file"))
    }

    @Test func impossibleSizesAreRefused() throws {
        let path = try #require(BundledModels.draft)
        for (slots, context, threads, rows) in [
            (0, 8, 1, 1), (1, 0, 1, 1), (1, 8, 0, 1), (1, 8, 1, 0), (-1, 8, 1, 1), (100_000, 8, 1, 1),
            (1, 8, 1, Int.max),
        ] {
            #expect(throws: ModelError.self) {
                try LlamaModel(path: path, slots: slots, context: context, threads: threads, maxRows: rows)
            }
        }
    }

    @Test func layersForADeviceNeedOne() throws {
        let path = try #require(BundledModels.draft)
        // A library that was built for a device takes them.
        do throws(ModelError) {
            _ = try LlamaModel(path: path, offload: Offload(layers: 1))
        } catch {
            guard case .noDevice(let kinds) = error else { throw error }
            // The processor is none, and whatever else the library was built for is named.
            #expect(!kinds.contains("CPU") && !kinds.contains("RPC"))
        }
    }

    @Test func aMissingDeviceIsToldFromALibraryThatKnowsNone() {
        #expect(ModelError.noDevice(builtFor: []).description.contains("run FORETOKEN_CMAKE_ARGS=-DGGML_CUDA=on"))
        let missing = ModelError.noDevice(builtFor: ["CUDA"]).description
        #expect(missing.contains("built for CUDA") && missing.contains("driver") && !missing.contains("bootstrap"))
    }
}
