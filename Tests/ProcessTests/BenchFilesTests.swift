import Foundation
import Simulation
import Speculation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `foretoken-bench record`, `costs` and `simulate`: the files that one writes and the next reads.
@Suite(.oneAtATime) struct BenchFilesTests {
    private static let prompts = #"""
        {"prompt": "import Foundation", "domain": "swift"}
        {"prompt": "def main():", "domain": "python"}

        """#
    private static let costs = #"{"name":"cpu","pass":[[1,10],[8,16]],"draftToken":0.5}"#

    private func expect(
        _ status: Int32, _ words: String, from arguments: [String], location: SourceLocation = #_sourceLocation
    ) async throws {
        let ended = try await RunningProcess(bench: arguments).end()
        #expect(ended.status == status && ended.error.contains(words), "\(ended.error)", sourceLocation: location)
        #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)", sourceLocation: location)
    }

    @Test func recordThenCostsThenSimulate() async throws {
        let prompts = try TemporaryFile(Data(Self.prompts.utf8))
        let (trace, costs, cells) = (
            TemporaryFile.freePath(), TemporaryFile.freePath(), TemporaryFile.freePath()
        )
        defer { for path in [trace, costs, cells] { try? FileManager.default.removeItem(atPath: path) } }
        let recorded = try await foretokenBench(
            "record", "--prompts", prompts.path, "--max-tokens", "24", "--threads", "1", "--output", trace)
        #expect(recorded.status == 0 && recorded.output.contains("2 texts"), "\(recorded.error)")
        #expect(recorded.output.contains(/token: python \d+\.\d %, swift \d+\.\d %/), "\(recorded.output)")
        #expect(try Trace(Data(contentsOf: URL(filePath: trace))).texts.map(\.domain) == ["swift", "python"])

        let measured = try await foretokenBench(
            "costs", "--name", "mine", "--repetitions", "2", "--rows", "3", "--threads", "1",
            "--overhead", "0.5", "--output", costs)
        #expect(measured.status == 0, "\(measured.error)")
        let read = try Costs(Data(contentsOf: URL(filePath: costs)))
        #expect(read.name == "mine" && read.curve.map(\.rows) == [1, 2, 3] && read.overhead == 0.0005)

        #expect(read.crowd == nil)

        let simulated = try await foretokenBench(
            "simulate", "--trace", trace, "--costs", costs, "--delays", "0,5,0", "--rules", "fixed:2,fixed:3,fixed:2",
            "--jitter", "1", "--bandwidth", "100", "--output", cells)
        #expect(simulated.status == 0, "\(simulated.error)")
        let heads = simulated.output.split(separator: "\n").first { $0.hasPrefix("delay ms") }
        #expect(
            heads?.split(separator: " ") == [
                "delay", "ms", "fixed:2", "fixed:3", "marginal", "oracle", "best", "with", "a", "value",
            ])
        let written = try JSONDecoder().decode(Sweeps.self, from: Data(contentsOf: URL(filePath: cells)))
        #expect(written.cells.count == 2 * 2 * 4, "two domains, two delays, four rules")
        #expect(written.kind == "simulation" && written.rules == ["fixed:2", "fixed:3", "marginal", "oracle"])
        let map = try #require(written.acceptance)
        #expect(map.delaysMilliseconds == [0, 5] && map.acceptance.count == 2, "as many groups as texts")
        #expect(map.speedUps.allSatisfy { $0.count == 2 && $0.allSatisfy { $0 > 0 } })
        for path in [trace, costs, cells] { #expect(TemporaryFile.names(from: path).count == 1) }

        let drifted = try await foretokenBench("simulate", "--trace", trace, "--costs", costs, "--drift", "0")
        #expect(drifted.status == 0 && drifted.output.contains("marginal"), "\(drifted.error)")
        try await self.expect(
            65, "needs 3 texts of \"swift\"",
            from: ["simulate", "--trace", trace, "--costs", costs, "--drift", "0,80,0"])
    }

    @Test func filesThatSimulateRefuses() async throws {
        let cut = try TemporaryFile(Data(#"{"format":"foretoken-trace","version":1,"target":"a"#.utf8))
        let costs = try TemporaryFile(Data(Self.costs.utf8))
        try await self.expect(65, cut.path, from: ["simulate", "--trace", cut.path, "--costs", costs.path])

        let trace = try TemporaryFile(Self.trace)
        let free = try TemporaryFile(Data(Self.costs.replacingOccurrences(of: "10", with: "0").utf8))
        try await self.expect(65, "times are above 0", from: ["simulate", "--trace", trace.path, "--costs", free.path])
        let same = try TemporaryFile(Data(Self.costs.utf8))
        try await self.expect(
            65, "both named \"cpu\"",
            from: ["simulate", "--trace", trace.path, "--costs", costs.path, "--costs", same.path])
        try await self.expect(
            74, "/nowhere/cells.json",
            from: ["simulate", "--trace", trace.path, "--costs", costs.path, "--output", "/nowhere/cells.json"])
        let folder = FileManager.default.temporaryDirectory.path
        try await self.expect(
            74, "no plain file",
            from: ["simulate", "--trace", trace.path, "--costs", costs.path, "--output", folder])
    }

    private struct Sweeps: Decodable {
        var kind: String
        var rules: [String]
        var cells: [Cell]
        var acceptance: AcceptanceMap?
    }

    /// One text of two tokens.
    private static let trace = Data(
        #"""
        {"beyond":1,"draft":"d","endTokens":[],"format":"foretoken-trace","seed":1,"target":"t","temperature":0,"version":1}
        {"beyond":{},"domain":"","drafted":[[1,0.5,1,0.5,1],[1,0.5,1,0.5,1]],"prompt":"p","promptTokens":1,"tokens":[1,1]}
        {"texts":1}

        """#.utf8)

    @Test(arguments: [
        (["--jitter", "inf"], "--jitter inf"), (["--jitter", "nan"], "--jitter nan"),
        (["--bandwidth", "inf"], "--bandwidth inf"), (["--bandwidth", "0"], "--bandwidth 0"),
        (["--rules", "sometimes"], "sometimes"), (["--delays", "0,x"], "\"x\" is not a delay"),
        (["--drift", "0,5", "--rules", "fixed:2"], "--rules"), (["--drift", "0,5", "--tuned"], "--tuned"),
        (["--drift", "0,5", "--jitter", "1"], "--jitter"),
        (["--drift", "0,5", "--bandwidth", "1"], "--bandwidth"), (["--drift", "0,5", "--delays", "1"], "--delays"),
    ])
    func optionsThatSimulateRefuses(_ options: [String], _ words: String) async throws {
        try await self.expect(64, words, from: ["simulate", "--trace", "none", "--costs", "none"] + options)
    }

    @Test(arguments: ["--lookahead=-1", "--lookahead=0", "--lookahead=65", "--rounds=0", "--rounds=-5"])
    func numbersThatTheProtocolBenchRefuses(_ option: String) async throws {
        try await self.expect(64, "--\(option.dropFirst(2).prefix { $0 != "=" }) ", from: ["protocol", option])
    }

    @Test func whatRecordRefuses() async throws {
        let output = TemporaryFile.freePath()
        let empty = try TemporaryFile(Data())
        try await self.expect(
            65, "there are no prompts", from: ["record", "--prompts", empty.path, "--output", output])
        // More than the models' context.
        let long = String(repeating: "import Foundation ", count: 400)
        let prompts = try TemporaryFile(Data("{\"prompt\": \"\(long)\"}\n".utf8))
        try await self.expect(
            65, prompts.path,
            from: ["record", "--prompts", prompts.path, "--context", "64", "--output", output])
        try await self.expect(
            74, "/nowhere/trace.jsonl",
            from: ["record", "--prompts", prompts.path, "--output", "/nowhere/trace.jsonl"])
        #expect(TemporaryFile.names(from: output).isEmpty)
    }

    @Test func recordNeedsATextToDraftAlong() async throws {
        let prompts = try TemporaryFile(Data("{\"prompt\": \"import Foundation\"}\n".utf8))
        let output = TemporaryFile.freePath()
        defer { try? FileManager.default.removeItem(atPath: output) }
        let arguments = ["record", "--prompts", prompts.path, "--max-tokens", "2", "--output", output]
        let ended = try await RunningProcess(bench: arguments).end()
        #expect(ended.status == 0, "\(ended.error)")
        let length = try Trace(Data(contentsOf: URL(filePath: output))).texts[0].promptTokens
        try FileManager.default.removeItem(atPath: output)
        // There is no room for a second token behind the prompt.
        try await self.expect(65, "nothing to record", from: arguments + ["--context", "\(length)"])
        #expect(TemporaryFile.names(from: output).isEmpty)
    }

    @Test func aFolderThatComesBetweenIsNamed() async throws {
        let lines = String(repeating: "{\"prompt\": \"import Foundation\"}\n", count: 10)
        let (prompts, output) = (try TemporaryFile(Data(lines.utf8)), TemporaryFile.freePath())
        defer { try? FileManager.default.removeItem(atPath: output) }
        let process = try RunningProcess(bench: [
            "record", "--prompts", prompts.path, "--max-tokens", "32", "--threads", "1", "--output", output,
        ])
        try await eventually("it writes") { !TemporaryFile.names(from: output).isEmpty }
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: false)
        let ended = try await process.end()
        #expect(ended.status == 74 && ended.error.contains("\(output) cannot be written"), "\(ended.error)")
        #expect(TemporaryFile.names(from: output).count == 1, "the folder")
    }

    @Test(arguments: [["--drift", "0,80,20"], ["--tuned", "--delays", "0,20,80"]])
    func controlCEndsASimulation(_ options: [String]) async throws {
        var texts = Trace.line(
            Trace.Header(target: "t", draft: "d", temperature: 0, seed: 1, endTokens: [], beyond: 1))
        for number in 0..<100 {
            texts += Trace.line(Self.text(number))
        }
        let trace = try TemporaryFile(texts + Trace.lastLine(texts: 100))
        let (costs, output) = (try TemporaryFile(Data(Self.costs.utf8)), TemporaryFile.freePath())
        let process = try RunningProcess(
            bench: ["simulate", "--trace", trace.path, "--costs", costs.path, "--output", output] + options)
        try await process.wait(for: "progress") { $0.error.contains("left") }
        process.signal(SIGINT)
        #expect(try await process.end().status == 130)
        #expect(TemporaryFile.names(from: output).isEmpty)
    }

    /// A long one, right two times in three.
    private static func text(_ number: Int) -> Trace.Text {
        let tokens = [UInt32](repeating: 1, count: 1000)
        return Trace.Text(
            domain: "", prompt: "p:\(number)", promptTokens: 1, tokens: tokens,
            drafted: tokens.indices.map { position in
                let isRight = (position + number) % 3 > 0
                return DraftedToken(
                    token: isRight ? 1 : 2, probability: isRight ? 0.9 : 0.3, entropy: 1, margin: 0.2, gap: 1)
            }, beyond: [:])
    }

    @Test func costsOfPassesBesideManySlots() async throws {
        let ended = try await foretokenBench(
            "costs", "--slots", "3", "--cells", "40", "--rows", "4", "--repetitions", "1", "--threads", "1")
        #expect(ended.status == 0, "\(ended.error)")
        let read = try Costs(Data(ended.output.utf8))
        #expect(read.crowd?.cells == 80 && read.crowd?.curve.map(\.rows) == [1, 2, 3, 4])
    }

    @Test(
        arguments: [
            (["--overhead=-1"], 64, "--overhead"), (["--overhead", "inf"], 64, "--overhead"),
            (["--overhead", "nan"], 64, "--overhead"), (["--rows", "1"], 64, "--rows"),
            (["--rows", "257"], 64, "--rows"), (["--slots", "1"], 64, "--slots"), (["--cells", "0"], 64, "--cells"),
            (["--cells", "2040"], 64, "take fewer --cells"),
            (["--output", "/nowhere/costs.json"], 74, "/nowhere/costs.json"),
        ] as [([String], Int32, String)])
    func whatCostsRefuses(_ options: [String], _ status: Int32, _ words: String) async throws {
        try await self.expect(status, words, from: ["costs"] + options)
    }

    @Test func controlCOfRecordLeavesNoFile() async throws {
        let lines = String(repeating: "{\"prompt\": \"import Foundation\"}\n", count: 10_000)
        let (prompts, output) = (try TemporaryFile(Data(lines.utf8)), TemporaryFile.freePath())
        let process = try RunningProcess(bench: [
            "record", "--prompts", prompts.path, "--threads", "1", "--output", output,
        ])
        try await process.wait(for: "progress") { $0.error.contains("left") }
        #expect(TemporaryFile.names(from: output) == [URL(filePath: output).lastPathComponent + ".\(process.id).part"])
        process.signal(SIGINT)
        #expect(try await process.end().status == 130)
        #expect(TemporaryFile.names(from: output).isEmpty)
    }
}
