import Foundation
import TestSupport
import Testing

/// What `deploy/gpu` says before it builds anything; a whole run of it takes minutes (`DRY=1 deploy/gpu`).
@Suite struct GPUScriptTests {
    private static let script = Python.root.appending(path: "deploy/gpu").path

    /// Runs it with programs of a folder before the system's, or instead of them.
    private static func run(
        _ arguments: [String], in folder: TemporaryFolder, besides system: String = ":/usr/bin:/bin"
    ) async throws -> RunningProcess.Snapshot {
        try await RunningProcess(
            ["PATH=\(folder.path)\(system)", "OUT=\(folder.path)/out", "HOME=\(folder.path)", "/bin/bash", self.script]
                + arguments,
            executable: "/usr/bin/env"
        ).end()
    }

    private static func program(_ name: String, _ text: String, in folder: TemporaryFolder) throws {
        try folder.write("#!/bin/sh\n\(text)\n", to: name, mode: 0o700)
    }

    @Test func itTellsItsSteps() async throws {
        let folder = try TemporaryFolder()
        let help = try await Self.run(["--help"], in: folder)
        #expect(help.status == 0 && help.output.contains("DRY=1"), "\(help.error)")
        let unknown = try await Self.run(["text", "cost"], in: folder)
        #expect(unknown.status == 64)
        #expect(unknown.error.contains("'cost'; there are: build text costs check live load peers"), "\(unknown.error)")
    }

    @Test func withoutADriverItSaysSo() async throws {
        let folder = try TemporaryFolder()
        try Self.program("dirname", "exec /usr/bin/dirname \"$@\"", in: folder)
        let ended = try await Self.run([], in: folder, besides: "")
        #expect(ended.status == 69 && ended.error.contains("there is no nvidia-smi"), "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/out"))
    }

    @Test func aDriverWithoutADeviceIsQuoted() async throws {
        let folder = try TemporaryFolder()
        try Self.program("nvidia-smi", "echo No devices were found; exit 6", in: folder)
        let ended = try await Self.run([], in: folder)
        #expect(ended.status == 69 && ended.error.contains("says: No devices were found"), "\(ended.error)")
    }

    @Test func aToolkitThatIsTooNewIsNotBuiltWith() async throws {
        let folder = try TemporaryFolder()
        try Self.program("nvidia-smi", "echo 'GPU 0, Driver Version: 535.1  CUDA Version: 12.2'", in: folder)
        try Self.program("nvcc", "echo 'Cuda compilation tools, release 13.0, V13.0.88'", in: folder)
        let ended = try await Self.run(["build"], in: folder)
        #expect(ended.status == 69, "\(ended.error)")
        #expect(ended.error.contains("it knows CUDA 12, and nvcc is of CUDA 13"), "\(ended.error)")
    }
}
