import ForetokenEngine
import Foundation
import TestSupport
import Testing

@Suite(.oneAtATime) struct VocabularyTests {
    @Test func theFirstTokenThatDiffersIsNamedAndWhatEndsATextIsNoDifference() throws {
        func vocabulary(_ patch: (inout PatchedGGUF) throws -> Void) throws -> Vocabulary {
            var file = try PatchedGGUF()
            try patch(&file)
            let url = FileManager.default.temporaryDirectory.appending(path: "foretoken-test-\(UUID().uuidString).gguf")
            defer { try? FileManager.default.removeItem(at: url) }
            try file.data.write(to: url)
            return try LlamaModel(path: url.path, context: 64).vocabulary
        }
        let own = try vocabulary { _ in }
        let ending = try vocabulary { $0.set("tokenizer.ggml.eos_token_id", 300) }
        #expect(ending.endOfGeneration != own.endOfGeneration)
        #expect(ending.fingerprint == own.fingerprint && ending.firstDifference(from: own) == nil)
        for token in [1, 4711, own.size - 1] {
            let other = try vocabulary { try $0.setToken(token, to: "zqzqz") }
            #expect(other.fingerprint != own.fingerprint)
            #expect(
                other.firstDifference(from: own) == UInt32(token) && own.firstDifference(from: other) == UInt32(token))
            #expect(other.name(of: UInt32(token)) == "\"zqzqz\"")
        }
        #expect(own.name(of: 0) == "a control token" && own.name(of: .max) == "none")
    }
}
