import Foundation
import Measurement
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite(.oneAtATime) struct BenchLoadTests {
    private static let prompts = #"""
        {"prompt": "import Foundation", "domain": "swift"}
        {"prompt": "def main():", "domain": "python"}
        {"prompt": "The kernel reads the file, and", "domain": "prose"}

        """#

    @Test func everyRuleUnderEveryLoadAndBesideLongPrompts() async throws {
        let file = try TemporaryFile(Data(Self.prompts.utf8))
        let output = try TemporaryFile(Data())
        let ended = try await foretokenBench(
            "load", "--prompts", file.path, "--clients", "1,2", "--rules", "fixed:2", "--delay", "1",
            "--seconds", "0.5", "--warm-up", "0.1", "--repetitions", "1", "--long-prompt", "--context", "256",
            "--max-tokens", "16", "--threads", "1", "--exact", "--output", output.path)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.output.contains("2 clients at once") && ended.output.contains("beside long prompts of"))

        let report = try LoadReport(decoding: try Data(contentsOf: URL(filePath: output.path)))
        #expect(report.isComplete && report.plan.slots == 3 && report.plan.delayMs == 1)
        #expect((150...230).contains(report.plan.longPromptTokens ?? 0), "of a slot of 256")
        #expect(report.runs.count == 2 * 2 * 2 && report.cells.count == 2 * 2 * 2)
        for run in report.runs {
            #expect(run.figures.tokens > 0 && abs(run.figures.seconds - 0.5) < 1e-9)
            #expect(run.comparedTexts >= run.clients && run.differentTexts == 0, "exact")
            #expect(run.figures.clientTimePerToken?.count == run.clients)
        }
        #expect(report.cells.allSatisfy { $0.ratio != nil && $0.interToken != nil })
        let drafted = report.runs.filter { $0.rule == "fixed:2" }
        #expect(drafted.contains { ($0.figures.speculation?.draftTokens ?? 0) > 0 })
        #expect(report.runs.contains { $0.hasLongPrompts && $0.longPrompt != nil })
        #expect(report.longPromptEffects.map(\.clients) == [1, 1, 2, 2])
    }

    @Test func interruptPrintsWhatIsThere() async throws {
        let file = try TemporaryFile(Data(Self.prompts.utf8))
        let process = try RunningProcess(bench: [
            "load", "--prompts", file.path, "--rules", "off", "--clients", "2", "--seconds", "0.1",
            "--warm-up", "0", "--repetitions", "100000", "--max-tokens", "8", "--threads", "1", "--json",
        ])
        try await process.wait(for: "progress") { $0.error.contains("left") }
        process.signal(SIGINT)
        let ended = try await process.end()
        #expect(ended.status == 130)
        let report = try LoadReport(decoding: Data(ended.output.utf8))
        #expect(!report.isComplete && !report.runs.isEmpty)
    }

    @Test func aTextThatFailsIsNamed() async throws {
        let long = String(repeating: "import Foundation ", count: 30)
        let prompts = "{\"prompt\": \"import Foundation\"}\n{\"prompt\": \"\(long)\"}\n"
        let file = try TemporaryFile(Data(prompts.utf8))
        let ended = try await foretokenBench(
            "load", "--prompts", file.path, "--rules", "off", "--clients", "2", "--context", "48",
            "--max-tokens", "8", "--threads", "1")
        #expect(ended.status == 65 && ended.error.contains("\(file.path):2, rule off"), "\(ended.error)")
        #expect(ended.output.isEmpty)
    }

    @Test(arguments: [
        ["--clients", "0"], ["--clients", "1,x"], ["--clients", ""], ["--rules", "sometimes"], ["--delay=-1"],
        ["--seconds", "0"], ["--warm-up=-1"], ["--slots", "0"], ["--repetitions", "0"],
    ])
    func badValue(_ option: [String]) async throws {
        let ended = try await RunningProcess(bench: ["load", "--prompts", "none"] + option).end()
        #expect(ended.status == 64, "\(ended.error)")
    }

    @Test func noFolderForTheOutput() async throws {
        let file = try TemporaryFile(Data(Self.prompts.utf8))
        let ended = try await foretokenBench("load", "--prompts", file.path, "--output", file.path + ".no/load")
        #expect(ended.status == 74 && ended.error.contains("load cannot be written"), "\(ended.error)")
    }
}
