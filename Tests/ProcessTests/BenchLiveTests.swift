import Foundation
import Measurement
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite(.oneAtATime) struct BenchLiveTests {
    private static let prompts = #"""
        {"prompt": "import Foundation", "domain": "swift"}
        {"prompt": "def main():", "domain": "python"}

        """#

    @Test func everyArmAtEveryDelay() async throws {
        let file = try TemporaryFile(Data(Self.prompts.utf8))
        let output = try TemporaryFile(Data())
        let ended = try await foretokenBench(
            "live", "--prompts", file.path, "--rules", "fixed:2", "--delays", "0,3", "--colocated", "0,2",
            "--max-tokens", "24", "--repetitions", "1", "--threads", "1", "--exact", "--output", output.path)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.output.contains("one-way delay 3 ms") && ended.output.contains("colocated:fixed:2"))
        let report = try LiveReport(decoding: try Data(contentsOf: URL(filePath: output.path)))
        #expect(report.isComplete && report.prompts.map(\.domain) == ["swift", "python"])
        #expect(report.samples.count == 2 * (2 + 2 * 2))
        #expect(report.cells.count == 2 + 2 * 2)
        #expect(report.samples.allSatisfy { !$0.isDifferent && $0.generatedTokens > 0 })
        let colocated = try #require(report.cells.first { $0.arm == "colocated:fixed:2" })
        #expect(colocated.delayMs == nil && (colocated.acceptanceLength ?? 0) > 1 && colocated.ratio != nil)
    }

    @Test func interruptPrintsWhatIsThere() async throws {
        let file = try TemporaryFile(Data(Self.prompts.utf8))
        let output = try TemporaryFile(Data())
        let process = try RunningProcess(bench: [
            "live", "--prompts", file.path, "--rules", "off", "--delays", "0", "--colocated", "none",
            "--repetitions", "100000", "--threads", "1", "--output", output.path,
        ])
        try await process.wait(for: "progress") { $0.error.contains("left") }
        process.signal(SIGINT)
        let ended = try await process.end()
        #expect(ended.status == 130)
        #expect(ended.output.contains("interrupted"))
        let report = try LiveReport(decoding: try Data(contentsOf: URL(filePath: output.path)))
        #expect(!report.isComplete && !report.samples.isEmpty)
    }

    @Test func aTextThatFailsLeavesWhatIsThere() async throws {
        // The target alone continues the second prompt, but the draft has no room for it.
        let long = String(repeating: "import Foundation ", count: 30)
        let prompts = "{\"prompt\": \"import Foundation\"}\n{\"prompt\": \"\(long)\"}\n"
        let (file, draft) = (try TemporaryFile(Data(prompts.utf8)), try modelOfShortContext(48))
        let output = try TemporaryFile(Data())
        let ended = try await foretokenBench(
            "live", "--prompts", file.path, "--draft", draft.path, "--rules", "off", "--delays", "0",
            "--colocated", "2", "--max-tokens", "8", "--repetitions", "1", "--threads", "1", "--output", output.path)
        #expect(ended.status == 65 && ended.error.contains("a slot holds 48"), "\(ended.error)")
        #expect(ended.output.contains("this is what was measured until then"))
        let report = try LiveReport(decoding: try Data(contentsOf: URL(filePath: output.path)))
        #expect(!report.isComplete && report.samples.map(\.arm) == ["colocated:fixed:2", "off"])
    }

    @Test(arguments: [["--delays", "x"], ["--delays=-1"], ["--colocated", "1.5"], ["--rules", "sometimes"]])
    func badValue(_ option: [String]) async throws {
        let ended = try await RunningProcess(bench: ["live", "--prompts", "none"] + option).end()
        #expect(ended.status == 64, "\(ended.error)")
    }

    @Test func noFolderForTheOutput() async throws {
        let file = try TemporaryFile(Data(Self.prompts.utf8))
        let ended = try await foretokenBench(
            "live", "--prompts", file.path, "--output", file.path + ".no/live.json")
        #expect(ended.status == 74 && ended.error.contains("live.json cannot be written"))
    }
}
