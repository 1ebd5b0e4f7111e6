import Foundation
import TestSupport
import Testing

/// `foretoken-bench train classifier`, as users call it.
@Suite(.oneAtATime) struct TrainTests {
    private static func header(draft: String = "small") -> String {
        """
        {"format":"foretoken-trace","version":1,"target":"large","draft":"\(draft)","temperature":0,"seed":1,\
        "endTokens":[],"beyond":1}

        """
    }

    /// A trace whose sure guesses are right.
    private static func trace(_ header: String = header(), prompts: Int = 10, top: Bool = true) -> Data {
        var text = header
        for prompt in 0..<prompts {
            var drafted: [String] = []
            for position in 0..<24 {
                let isRight = (prompt + position) % 3 > 0
                let share = isRight ? 0.9 : 0.2
                let numbers = [isRight ? 1 : 2, share, isRight ? 0.2 : 3, share - 0.1, 1]
                drafted.append("\(numbers + (top ? [share, 0.1, 0, 0, 0, 0, 0, 0] : []))")
            }
            let tokens = [Int](repeating: 1, count: 24)
            text += """
                {"domain":"","prompt":"p:\(prompt)","promptTokens":1,"tokens":\(tokens),\
                "drafted":[\(drafted.joined(separator: ","))],"beyond":{}}

                """
        }
        return Data((text + "{\"texts\":\(prompts)}\n").utf8)
    }

    @Test func itWritesTheSourceOfANetwork() async throws {
        let (trace, output) = (try TemporaryFile(Self.trace()), TemporaryFile.freePath())
        defer { try? FileManager.default.removeItem(atPath: output) }
        let ended = try await RunningProcess(bench: [
            "train", "classifier", "--trace", trace.path, "--test", trace.path, "--units", "4", "--output", output,
        ]).end()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.output.contains("validation: 2 texts"))
        #expect(ended.output.contains("best"))
        let source = try String(contentsOfFile: output, encoding: .utf8)
        #expect(source.contains("public static let shipped = AcceptanceNetwork("))
        #expect(source.contains("small for large"))
    }

    @Test func badInputIsNamedAndLeavesNoFile() async throws {
        let good = try TemporaryFile(Self.trace())
        let cases: [(status: Int32, words: String, trace: Data, arguments: [String])] = [
            (66, "/nowhere/a.jsonl", Self.trace(), ["--trace", "/nowhere/a.jsonl"]),
            (65, "not a trace", Data("nothing\n".utf8), []),
            (65, "was cut", Self.trace().dropLast(13), []),
            (65, "one prompt", Self.trace(prompts: 1), []),
            (65, "record it again", Self.trace(top: false), []),
            (65, "one pair", Self.trace(Self.header(draft: "tiny")), ["--trace", good.path]),
            (66, "/nowhere/costs.json", Self.trace(), ["--costs", "/nowhere/costs.json"]),
            (64, "--delay", Self.trace(), ["--delay", "nan"]),
            (64, "--units", Self.trace(), ["--units", "0"]),
        ]
        for one in cases {
            let (trace, output) = (try TemporaryFile(one.trace), TemporaryFile.freePath())
            let ended = try await RunningProcess(
                bench: ["train", "classifier", "--output", output, "--trace", trace.path] + one.arguments
            ).end()
            #expect(ended.status == one.status, "\(one.words): \(ended.error)")
            #expect(ended.error.contains(one.words), "\(ended.error)")
            #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
            #expect(TemporaryFile.names(from: output).isEmpty)
        }
        let ended = try await RunningProcess(
            bench: ["train", "classifier", "--trace", good.path, "--output", "/nowhere/network.swift"]
        ).end()
        #expect(ended.status == 74 && ended.error.contains("/nowhere/network.swift"), "\(ended.error)")
    }

    @Test func controlCLeavesNoFile() async throws {
        let (trace, output) = (try TemporaryFile(Self.trace(prompts: 40)), TemporaryFile.freePath())
        let process = try RunningProcess(bench: [
            "train", "classifier", "--trace", trace.path, "--units", "1024", "--output", output,
        ])
        try await process.wait(for: "begin of training") { $0.output.contains("validation: ") }
        process.signal(SIGINT)
        #expect(try await process.end().status == 130)
        #expect(TemporaryFile.names(from: output).isEmpty)
    }
}
