import ForetokenModels
import Foundation
import TestSupport
import Testing

@Suite(.oneAtATime) final class QuantizeTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "foretoken-\(UUID().uuidString)")
    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: self.folder.path)) ?? [] }
    private var model: String { self.folder.appending(path: "model-f16.gguf").path }

    init() throws {
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: try #require(BundledModels.target), toPath: self.model)
    }

    deinit {
        try? FileManager.default.removeItem(at: self.folder)
    }

    @Test func aCopyServesAsDraft() async throws {
        let written = try await foretoken("quantize", "--type", "q3_k_m", self.model)
        #expect(written.status == 0, "\(written.error)")
        let copy = self.folder.appending(path: "model-Q3_K_M.gguf").path
        #expect(written.output.hasPrefix("\(copy): ") && written.output.hasSuffix("\n"), "\(written.output)")
        #expect(written.error.contains("rows of 384 numbers, and q3_K stores numbers by 256: stored as q4_0 instead"))
        #expect(Set(self.files) == ["model-f16.gguf", "model-Q3_K_M.gguf"])

        // Position by position, whatever else the machine does.
        let prompts = try TemporaryFile(Data("{\"prompt\": \"import Foundation\"}\n".utf8))
        let recorded = try await foretokenBench(
            "record", "--model", self.model, "--draft", copy, "--prompts", prompts.path, "--max-tokens", "32",
            "--threads", "1", "--output", self.folder.appending(path: "trace.jsonl").path)
        let rate = try #require(
            recorded.output.firstMatch(of: /drafted token: (\d+\.\d) %/), "\(recorded.output)\(recorded.error)")
        #expect(try #require(Double(rate.1)) > 50)
    }

    @Test func errorsNameTheCause() async throws {
        func expect(
            _ status: Int32, _ words: String..., from arguments: [String], location: SourceLocation = #_sourceLocation
        ) async throws {
            let ended = try await RunningProcess(["quantize"] + arguments).end()
            #expect(
                ended.status == status && words.allSatisfy { ended.error.contains($0) }, "\(ended.error)",
                sourceLocation: location)
            #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)", sourceLocation: location)
        }
        try await expect(64, "\"IQ2_XXS\"", "Q4_K_M", "IQ4_XS", from: ["--type", "IQ2_XXS", self.model])
        try await expect(64, "--type", from: [self.model])
        try await expect(66, "/no/model.gguf", from: ["--type", "Q4_0", "/no/model.gguf"])
        try await expect(
            64, "is the model itself",
            from: ["--type", "Q4_0", "--output", self.model + "/../model-f16.gguf", self.model])
        try await expect(64, "is the model itself", from: ["--type", "f16", "--output", self.model, self.model])
        try await expect(64, "is the model itself", from: ["--type", "F16", try self.renamed("model-F16.gguf")])
        try await expect(
            74, "/nowhere/copy.gguf", from: ["--type", "Q4_0", "--output", "/nowhere/copy.gguf", self.model])
        try Data("a text".utf8).write(to: self.folder.appending(path: "text.gguf"))
        try await expect(
            65, "text.gguf", from: ["--type", "Q4_0", self.folder.appending(path: "text.gguf").path])
        #expect(Set(self.files) == ["model-f16.gguf", "model-F16.gguf", "text.gguf"])
    }

    private func renamed(_ name: String) throws -> String {
        let path = self.folder.appending(path: name).path
        try FileManager.default.copyItem(atPath: self.model, toPath: path)
        return path
    }

    /// A limit on the size of files stands for a full disk.
    @Test func aFullDiskIsNamed() async throws {
        let script = "trap '' XFSZ; ulimit -f 4000; exec \"$0\" quantize --type Q8_0 \"$1\""
        let ended = try await RunningProcess(
            ["-c", script, RunningProcess.executable, self.model], executable: "/bin/bash"
        ).end()
        #expect(ended.status == 74 && ended.error.contains("model-Q8_0.gguf cannot be written: File too large"))
        #expect(self.files == ["model-f16.gguf"])
    }

    /// The library goes on until the process ends.
    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func controlCLeavesNothing(signal: Int32, status: Int32) async throws {
        let wide = self.folder.appending(path: "wide.gguf").path
        let widened = try await foretokenBench(
            "widen", "--width", "1536", "--layers", "6", "--type", "q8_0", "--output", wide)
        #expect(widened.status == 0, "\(widened.error)")
        let process = try RunningProcess(["quantize", "--type", "Q3_K_M", wide])
        try await eventually("it writes") { self.files.count == 3 }
        #expect(self.files.contains { $0.hasSuffix(".\(process.id).part") }, "\(self.files)")
        process.signal(signal)
        #expect(try await process.end().status == status)
        #expect(Set(self.files) == ["model-f16.gguf", "wide.gguf"])
    }
}
