import Foretoken
import Foundation
import TestSupport
import Testing

@Suite(.oneAtATime) struct GenerateTests {
    static let prompt = "def read_lines(path):\n"

    private struct Answer: Decodable {
        var text: String
        var tokens: [UInt32]
        var finishReason: String
        var statistics: [String: Double]

        private enum CodingKeys: String, CodingKey {
            case text, tokens, statistics
            case finishReason = "finish_reason"
        }
    }

    private func generate(_ arguments: String..., tokens: Int = 24) async throws -> Answer {
        let ended = try await RunningProcess(
            ["generate", Self.prompt, "--json", "--max-tokens", "\(tokens)"] + arguments
        ).end()
        #expect(ended.status == 0, "\(ended.error)")
        return try JSONDecoder().decode(Answer.self, from: Data(ended.output.utf8))
    }

    @Test func printsTextAndOneLineOfStatistics() async throws {
        // A short text may be over before the draft's first block is there.
        let ended = try await foretoken("generate", Self.prompt, "--max-tokens", "200", "--lookahead", "fixed:4")
        #expect(ended.status == 0)
        #expect(ended.output.count > 10)
        #expect(ended.output.hasSuffix("\n"))
        let lines = ended.error.split(separator: "\n")
        #expect(lines.count == 1, "\(ended.error)")
        #expect(ended.error.contains("tokens/s") && ended.error.contains("draft tokens accepted"))
        #expect(!ended.output.contains("\u{1b}"))
    }

    @Test func answersAMessageAndTellsLogProbabilities() async throws {
        struct Scored: Decodable {
            struct Token: Decodable {
                var token: UInt32
                var bytes: [UInt8]
                var logprob: Double
                var top: [Top]

                private enum CodingKeys: String, CodingKey {
                    case token, bytes, logprob
                    case top = "top_logprobs"
                }
            }
            struct Top: Decodable {
                var token: UInt32
                var logprob: Double
            }
            var text: String
            var tokens: [UInt32]
            var logprobs: [Token]
            var statistics: [String: Double]
        }

        let ended = try await foretoken(
            "generate", "--chat", "--system", "Be brief.", "What is a kernel?", "--json", "--logprobs", "2",
            "--max-tokens", "12")
        #expect(ended.status == 0, "\(ended.error)")
        let answer = try JSONDecoder().decode(Scored.self, from: Data(ended.output.utf8))
        #expect(answer.logprobs.map(\.token) == answer.tokens)
        #expect(answer.logprobs.allSatisfy { $0.top.count == 2 && $0.top[0].token == $0.token })
        #expect(answer.logprobs.allSatisfy { $0.logprob == $0.top[0].logprob && $0.logprob <= 0 })
        let text = try await foretoken(
            "generate", "System: Be brief.\n\nUser: What is a kernel?\n\nAssistant:", "--json", "--max-tokens", "12",
            "--stop", "\n\nUser:", "--stop", "\nUser:", "--stop", "\n\nSystem:", "--stop", "\nSystem:")
        #expect(try JSONDecoder().decode(Answer.self, from: Data(text.output.utf8)).tokens == answer.tokens)

        for (arguments, word) in [
            (["--system", "a"], "--chat"), (["--logprobs", "2"], "--json"),
            (["--json", "--logprobs", "21"], "0 to 20"),
        ] {
            let refused = try await RunningProcess(["generate", "x"] + arguments).end()
            #expect(refused.status == 64 && refused.error.contains(word), "\(refused.error)")
        }
    }

    @Test func jsonHasAllFields() async throws {
        var answer = try await self.generate("--lookahead", "fixed:4")
        // On a busy machine a short text may be over before the draft's first block is there, or its second, which tells
        // of a round trip.
        try await eventually("a text is drafted", within: Patience.forPrograms) {
            answer = try await self.generate("--lookahead", "fixed:4", tokens: 200)
            return ["accepted_tokens", "round_trip_ms"].allSatisfy { answer.statistics[$0] ?? 0 > 0 }
        }
        #expect(!answer.text.isEmpty)
        #expect(!answer.tokens.isEmpty)
        #expect(["stop", "length"].contains(answer.finishReason))
        for key in [
            "prompt_tokens", "generated_tokens", "target_passes", "rounds", "draft_tokens", "accepted_tokens",
            "acceptance_rate", "acceptance_length", "seconds", "tokens_per_second", "time_to_first_token_ms",
            "round_trip_ms", "judged_tokens", "predicted_acceptance", "mean_price", "mean_lookahead",
            "mean_lookahead_of_all_passes", "draft_token_ms", "mean_pass_ms",
        ] {
            #expect((answer.statistics[key] ?? 0) > 0, "\(key)")
        }
        #expect(answer.statistics["generated_tokens"] == Double(answer.tokens.count))
    }

    @Test func writesTheTargetsOwnTextInOneProcessAndInThree() async throws {
        let alone = try await self.generate("--lookahead", "off")
        #expect(alone.statistics["draft_tokens"] == 0)
        let speculated = try await self.generate("--lookahead", "fixed:4")
        #expect(speculated.tokens == alone.tokens)

        let trio = try await Trio()
        try await withClient(of: trio.coordinator) { try await $0.waitForDraft() }
        for rule in ["off", "fixed:4"] {
            let served = try await self.generate("--lookahead", rule, "--connect", trio.coordinator.address)
            #expect(served.tokens == alone.tokens)
            #expect(served.text == alone.text)
            #expect(rule != "off" || served.statistics["draft_tokens"] == 0)
        }
        // On a busy machine a short text may be over before the draft's first block is there.
        try await eventually("a text is drafted", within: Patience.forPrograms) {
            let served = try await self.generate(
                "--lookahead", "fixed:4", "--connect", trio.coordinator.address, tokens: 200)
            return served.statistics["accepted_tokens"] ?? 0 > 0
        }
        let described = try await foretoken("describe", "--connect", trio.coordinator.address)
        #expect(described.status == 0)
        #expect(described.output.contains("target      \(trio.target.address): foretoken-reference-target"))
        // What was measured comes with a heartbeat.
        try await withClient(of: trio.coordinator) { client in
            try await eventually { try await !client.describe().drafts[0].drafting.isEmpty }
        }
        let measured = try await foretoken("describe", "--connect", trio.coordinator.address).output
        #expect(measured.contains("tokens/s while busy") && measured.contains("pass of 1 row "))
        #expect(measured.contains("for \(trio.target.address): draft token "))

        for service in [trio.coordinator, trio.draft, trio.target] {
            service.process.signal(service.address == trio.draft.address ? SIGINT : SIGTERM)
            #expect(try await service.process.end().status == 0)
        }
    }

    @Test func readsThePromptFromStandardInputAndFile() async throws {
        let arguments = ["--max-tokens", "8", "--lookahead", "off"]
        let given = try await RunningProcess(["generate", Self.prompt] + arguments).end()
        let read = try await RunningProcess(["generate", "-"] + arguments, input: Self.prompt).end()
        #expect(read.output == given.output)
        let file = try TemporaryFile(Data(Self.prompt.utf8))
        #expect(try await RunningProcess(["generate", "--file", file.path] + arguments).end().output == given.output)
    }

    @Test func colorsTellOriginsApart() async throws {
        // Where the machine is busy a text may have no token of the draft's.
        try await eventually("a text is drafted", within: Patience.forPrograms) {
            let ended = try await foretoken(
                "generate", Self.prompt, "--max-tokens", "200", "--lookahead", "fixed:4", "--color")
            #expect(ended.status == 0 && ended.error.contains("\u{1b}[32maccepted\u{1b}[0m"))
            return ended.output.contains("\u{1b}[32m")
        }
    }

    @Test func interruptEndsTheTextAndTellsWhatItCost() async throws {
        // Where the machine is so busy that the text was over before the signal came, once more.
        try await eventually("the signal comes before the end", within: Patience.forPrograms) {
            let process = try RunningProcess(["generate", "import unittest", "--max-tokens", "0"])
            try await process.wait(for: "text") { $0.output.count > 20 }
            process.signal(SIGINT)
            let ended = try await process.end()
            if ended.status == 0 { return false }
            #expect(ended.status == 130 && ended.error.contains("interrupted"), "\(ended.error)")
            return true
        }
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func anInterruptedCheckTellsWhatItHasChecked(signal: Int32, status: Int32) async throws {
        let line = #"{"prompt": "import Foundation"}"# + "\n"
        let file = try TemporaryFile(Data(String(repeating: line, count: 5000).utf8))
        let process = try RunningProcess([
            "check", "--prompts", file.path, "--rules", "fixed:4", "--temperature", "0", "--max-tokens", "8",
        ])
        try await process.wait(for: "progress") { $0.error.contains("left") }
        process.signal(signal)
        let ended = try await process.end()
        #expect(ended.status == status && ended.error.contains("interrupted"), "\(ended.error)")
        #expect(ended.output.contains("fixed:4") && ended.output.contains("every text that was checked is"))
    }

    @Test func checkFindsTheTargetsOwnText() async throws {
        let line = #"{"prompt": "import Foundation", "domain": "swift"}"#
        let file = try TemporaryFile(Data((line + "\n").utf8))
        let ended = try await foretoken(
            "check", "--prompts", file.path, "--rules", "off,fixed:4", "--seeds", "1", "--max-tokens", "16")
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.output.contains("every text is the target's own"))
        #expect(ended.output.split(separator: "\n").count == 4)
    }
}
