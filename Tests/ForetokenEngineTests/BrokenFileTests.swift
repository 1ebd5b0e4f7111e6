import ForetokenEngine
import Foundation
import TestSupport
import Testing

/// Whatever is wrong with the head of a model's file, the message says what.
@Suite(.oneAtATime) struct BrokenFileTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What the reason says.
        var words: String
        var patch: @Sendable (inout PatchedGGUF) -> Void

        init(_ name: String, _ words: String, _ patch: @escaping @Sendable (inout PatchedGGUF) -> Void) {
            self.testDescription = name
            self.words = words
            self.patch = patch
        }

        static func tensor(
            _ name: String, _ words: String, _ patch: @escaping @Sendable (inout PatchedGGUF.Tensor) -> Void
        ) -> Fault {
            Fault(name, words) { patch(&$0.tensors[3]) }
        }
    }

    static let faults: [Fault] = [
        Fault("version 0", "version: 0") { $0.version = 0 },
        Fault("version 1", "GGUFv1 is no longer supported") { $0.version = 1 },
        Fault("a later version", "version 4") { $0.version = 4 },
        Fault("the other byte order", "endianness") { $0.version = 0x0300_0000 },
        Fault("too many tensors", "number of tensors") { $0.tensorCount = 1 << 60 },
        Fault("too many entries", "number of key value pairs") { $0.entryCount = 1 << 60 },
        Fault("an entry too much", "string length") { $0.entryCount = UInt64($0.entries.count) + 1 },
        Fault("an entry too few", "number of dimensions") { $0.entryCount = UInt64($0.entries.count) - 1 },
        Fault("a tensor too much", "tensor") { $0.tensorCount = UInt64($0.tensors.count) + 1 },
        Fault("no tensors", "'token_embd.weight' not found") { $0.tensorCount = 0 },
        Fault("a key twice", "duplicate key 'general.name'") { $0.entries.append($0.entries[1]) },
        Fault("an unknown type", "invalid GGUF type 99") { $0.set("general.name", type: 99, Data(count: 4)) },
        Fault("an array of an unknown type", "'tokenizer.ggml.token_type' has invalid GGUF type 99") {
            $0.set("tokenizer.ggml.token_type", type: 9, PatchedGGUF.array(of: 99, count: 1, Data(count: 4)))
        },
        Fault("an array of arrays", "'tokenizer.ggml.token_type' has invalid GGUF type 9") {
            $0.set("tokenizer.ggml.token_type", type: 9, PatchedGGUF.array(of: 9, count: 1, Data(count: 12)))
        },
        Fault("an endless array", "key-value pairs") {
            $0.set("tokenizer.ggml.token_type", type: 9, PatchedGGUF.array(of: 5, count: 1 << 60, Data()))
        },
        Fault("no architecture", "unknown model architecture: ''") { $0.remove("general.architecture") },
        Fault("another architecture", "'zebra'") { $0.set("general.architecture", "zebra") },
        Fault("a number for the architecture", "general.architecture has wrong type") {
            $0.set("general.architecture", 1)
        },
        Fault("no context", "llama.context_length") { $0.remove("llama.context_length") },
        Fault("a text for the context", "llama.context_length has wrong type") {
            $0.set("llama.context_length", "2048")
        },
        Fault("no width", "llama.embedding_length") { $0.remove("llama.embedding_length") },
        Fault("no number of blocks", "llama.block_count") { $0.remove("llama.block_count") },
        Fault("a block too much", "'blk.3.attn_norm.weight' not found") { $0.set("llama.block_count", 4) },
        Fault("a block too few", "wrong number of tensors") { $0.set("llama.block_count", 2) },
        Fault("no blocks", "llama.block_count is 0") { $0.set("llama.block_count", 0) },
        Fault("too many blocks", "llama.block_count is 100000") { $0.set("llama.block_count", 100_000) },
        Fault("experts of which none is used", "llama.expert_used_count is missing") {
            $0.set("llama.expert_count", 8)
        },
        Fault("more experts used than there are", "llama.expert_used_count is 9") {
            $0.set("llama.expert_count", 8)
            $0.set("llama.expert_used_count", 9)
        },
        Fault("too many experts", "llama.expert_count is 4000") { $0.set("llama.expert_count", 4000) },
        Fault("no epsilon", "layer_norm_rms_epsilon") { $0.remove("llama.attention.layer_norm_rms_epsilon") },
        Fault("heads that do not divide the width", "n_rot") { $0.set("llama.attention.head_count", 3) },
        Fault("another width", "'token_embd.weight' has wrong shape") { $0.set("llama.embedding_length", 129) },
        Fault("no tokenizer", "tokenizer.ggml.model") { $0.remove("tokenizer.ggml.model") },
        Fault("another tokenizer", "unknown tokenizer: 'zebra'") { $0.set("tokenizer.ggml.model", "zebra") },
        Fault("another pre-tokenizer", "unknown pre-tokenizer type: 'zebra'") { $0.set("tokenizer.ggml.pre", "zebra") },
        Fault("no tokens", "cannot find tokenizer vocab") { $0.remove("tokenizer.ggml.tokens") },
        Fault("no merges", "cannot find tokenizer merges") { $0.remove("tokenizer.ggml.merges") },
        Fault("numbers for tokens", "tokenizer.ggml.tokens") {
            $0.set("tokenizer.ggml.tokens", type: 9, PatchedGGUF.array(of: 5, count: 2, Data(count: 8)))
        },
        Fault("fewer types than tokens", "toktypes") {
            $0.set("tokenizer.ggml.token_type", type: 9, PatchedGGUF.array(of: 5, count: 2, Data(count: 8)))
        },
        Fault("no alignment", "alignment 0") { $0.set("general.alignment", 0) },
        Fault("an odd alignment", "alignment 33") { $0.set("general.alignment", 33) },
        Fault("a text for the alignment", "general.alignment") { $0.set("general.alignment", "32") },
        Fault("one of several files", "split.no") { $0.set("split.count", type: 2, Data([3, 0])) },
        .tensor("a tensor of another name", "'blk.0.attn_k.weight' not found") { $0.name = "blk.0.attn_z.weight" },
        .tensor("a name too long", "too long") { $0.name = String(repeating: "x", count: 70) },
        .tensor("a tensor twice", "duplicate tensor name") { $0.name = "blk.0.attn_q.weight" },
        .tensor("five dimensions", "invalid number of dimensions: 5") { $0.shape = [128, 64, 1, 1, 1] },
        .tensor("a negative dimension", "'blk.0.attn_k.weight'") { $0.shape = [1 << 63, 64] },
        .tensor("an immense tensor", "overflow") { $0.shape = [1 << 40, 1 << 40] },
        .tensor("another shape", "'blk.0.attn_k.weight' has wrong shape") { $0.shape = [64, 128] },
        .tensor("a row of no whole blocks", "not a multiple of block size") { $0.shape = [100, 64] },
        .tensor("an unknown type of numbers", "invalid ggml type 99") { $0.type = 99 },
        .tensor("a type of the past", "'blk.0.attn_k.weight' of type 4") { $0.type = 4 },
        .tensor("a wrong offset", "has offset 32") { $0.offset = 32 },
        .tensor("an offset beyond the file", "has offset 1125899906842624") { $0.offset = 1 << 50 },
        Fault("numbers cut off", "not within the file bounds") { $0.numbers = $0.numbers.prefix(1000) },
    ]

    private static func refusal(of data: Data) throws -> String? {
        let url = FileManager.default.temporaryDirectory.appending(path: "foretoken-test-\(UUID().uuidString).gguf")
        defer { try? FileManager.default.removeItem(at: url) }
        try data.write(to: url)
        do throws(ModelError) {
            _ = try LlamaModel(path: url.path, context: 64)
            return nil
        } catch .notLoadable(url.path, let reason) {
            return reason
        } catch {
            Issue.record("an unexpected error: \(error)")
            return nil
        }
    }

    @Test(arguments: Self.faults)
    func theReasonNamesTheFault(fault: Fault) throws {
        var file = try PatchedGGUF()
        fault.patch(&file)
        let reason = try #require(try Self.refusal(of: file.data))
        #expect(reason.contains(fault.words), "\(reason)")
        #expect(!reason.contains("\n") && !reason.contains("failed to load model from"), "\(reason)")
    }

    @Test func aHeadThatIsCutOffIsNamed() throws {
        let file = try PatchedGGUF()
        #expect(try Self.refusal(of: file.data) == nil)
        for (count, words) in [(10, "header"), (60, "key-value pairs"), (file.head.count - 3, "tensor info")] {
            let reason = try #require(try Self.refusal(of: file.data.prefix(count)))
            #expect(reason.contains(words), "\(reason)")
        }
    }
}
