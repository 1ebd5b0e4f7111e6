import Foundation
import TestSupport
import Testing

/// Models that people have, with coarser copies of themselves as drafts: they load, answer, stream, and are described.
@Suite(.oneAtATime, .enabled(if: PublicModels.areThere, PublicModels.whatIsMissing))
struct PublicModelTests {
    /// Everything in one process, on a model and a copy of it.
    private func serve(_ model: String, draftAs type: String, _ body: (Service) async throws -> Void) async throws {
        let draft = TemporaryFile.freePath()
        defer { try? FileManager.default.removeItem(atPath: draft) }
        let written = try await foretoken("quantize", "--type", type, "--output", draft, model)
        try #require(written.status == 0, "\(written.error)")
        let server = try await Service.all([
            "--model", model, "--draft", draft, "--context", "512", "--slots", "2", "--threads", "1",
        ])
        try await body(server)
        server.process.signal(SIGINT)
        #expect(try await server.process.end().status == 0)
    }

    private func curl(_ server: Service, _ path: String, _ more: String...) async throws -> String {
        let url = try #require(server.http) + path
        let ended = try await RunningProcess(
            ["curl", "-sS", "--fail-with-body", "--max-time", "60", url] + more, executable: "/usr/bin/env"
        ).end()
        try #require(ended.status == 0, "\(ended.output)\n\(ended.error)")
        return ended.output
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    /// - Returns: the question as a chat request.
    private func chat(lookahead: String, stream: Bool = false, tokens: Int = 48, ignoresEnd: Bool = false) -> String {
        """
        {"messages": [{"role": "user", "content": "What is the capital of France?"}], "temperature": 0,
         "max_completion_tokens": \(tokens), "ignore_eos": \(ignoresEnd), "stream": \(stream),
         "foretoken": {"lookahead": "\(lookahead)"}}
        """
    }

    private func text(of part: [String: Any], _ kind: String) -> String {
        let choice = (part["choices"] as? [[String: Any]])?.first
        return (choice?[kind] as? [String: Any])?["content"] as? String ?? ""
    }

    /// Asks until the draft has had a part in the answer: it reads the prompt while the target begins alone, so the answer
    /// goes on behind its end.
    private func answerWithDraft(_ server: Service) async throws -> [String: Any] {
        var answer: [String: Any] = [:]
        try await eventually("a draft token is accepted", within: Patience.forPrograms) {
            answer = try self.object(
                try await self.curl(
                    server, "/v1/chat/completions", "-d",
                    self.chat(lookahead: "sync:fixed:1", tokens: 192, ignoresEnd: true)))
            let own = answer["foretoken"] as? [String: Any]
            let statistics = try #require(own?["statistics"] as? [String: Any])
            return (statistics["accepted_tokens"] as? Int ?? 0) > 0
        }
        return answer
    }

    /// The template (ChatML) makes the model answer, and the end of its turn ends the text.
    @Test func smolLM2ServesAChat() async throws {
        try await self.serve(PublicModels.smolLM2, draftAs: "Q2_K") { server in
            let models = try await self.curl(server, "/v1/models")
            #expect(models.lowercased().contains("smollm2"), "\(models)")
            #expect(models.contains("\"rounding\":{\"") && models.contains("\"kinds\":[["), "\(models)")

            let drafted = try await self.answerWithDraft(server)
            let alone = try self.object(
                try await self.curl(server, "/v1/chat/completions", "-d", self.chat(lookahead: "off")))
            for answer in [drafted, alone] {
                #expect(self.text(of: answer, "message").contains("Paris"), "\(answer)")
            }
            let choice = (alone["choices"] as? [[String: Any]])?.first
            #expect(choice?["finish_reason"] as? String == "stop", "\(alone)")

            let stream = try await self.curl(
                server, "/v1/chat/completions", "-N", "-d", self.chat(lookahead: "sync:fixed:4", stream: true))
            #expect(stream.hasSuffix("data: [DONE]\n\n"), "\(stream)")
            let parts = try stream.split(separator: "\n").filter { $0.hasPrefix("data: {") }
                .map { try self.object(String($0.dropFirst(6))) }
            #expect(parts.count > 3, "\(stream)")
            #expect(parts.map { self.text(of: $0, "delta") }.joined().contains("Paris"), "\(stream)")
            #expect(stream.contains("\"finish_reason\":\"stop\""), "\(stream)")

            let described = try await foretoken("describe", "--connect", server.address)
            #expect(described.output.lowercased().contains("smollm2"), "\(described.output)")
            #expect(described.output.contains("not exact"), "\(described.output)")
        }
    }

    /// A sliding window and 262,144 tokens; without a template a chat is a transcript.
    @Test func gemmaServesTextsAndChats() async throws {
        try await self.serve(PublicModels.gemma, draftAs: "Q3_K_M") { server in
            let models = try await self.curl(server, "/v1/models")
            #expect(models.lowercased().contains("gemma"), "\(models)")
            #expect(self.text(of: try await self.answerWithDraft(server), "message").contains("Paris"))

            let stream = try await self.curl(
                server, "/v1/completions", "-N", "-d",
                """
                {"prompt": "One, two, three, four, five,", "max_tokens": 12, "temperature": 0, "stream": true}
                """)
            #expect(stream.hasSuffix("data: [DONE]\n\n"), "\(stream)")
            let parts = try stream.split(separator: "\n").filter { $0.hasPrefix("data: {") }
                .map { try self.object(String($0.dropFirst(6))) }
            let text = parts.map { ($0["choices"] as? [[String: Any]])?.first?["text"] as? String ?? "" }.joined()
            #expect(text.hasPrefix(" six, seven, eight,"), "\(text)")

            let described = try await foretoken("describe", "--connect", server.address)
            #expect(described.output.lowercased().contains("gemma"), "\(described.output)")
        }
    }
}
