import Executors
import Foretoken
import ForetokenLinks
import ForetokenWire
import Foundation
import TestSupport
import Testing

/// Each bad input has one line on standard error that names it, and the exit code of its kind.
@Suite(.oneAtATime) struct BadInputTests {
    private func expect(
        _ status: Int32, _ words: String..., from arguments: [String],
        by executable: String = RunningProcess.executable,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        let ended = try await RunningProcess(arguments, executable: executable).end()
        #expect(ended.status == status, "\(ended.error)", sourceLocation: location)
        let lines = ended.error.split(separator: "\n")
        #expect(lines.count == 1, "\(ended.error)", sourceLocation: location)
        #expect(
            ended.error.hasPrefix("\(URL(filePath: executable).lastPathComponent): error: "), "\(ended.error)",
            sourceLocation: location)
        for word in words { #expect(ended.error.contains(word), "\(ended.error)", sourceLocation: location) }
        #expect(ended.output.isEmpty, sourceLocation: location)
    }

    @Test func missingFile() async throws {
        try await self.expect(66, "/nowhere/model.gguf", from: ["generate", "x", "--model", "/nowhere/model.gguf"])
        try await self.expect(66, "/nowhere/model.gguf", from: ["serve", "draft", "--model", "/nowhere/model.gguf"])
        try await self.expect(66, "/nowhere/a.jsonl", from: ["check", "--prompts", "/nowhere/a.jsonl"])
        try await self.expect(66, "/nowhere/prompt", from: ["generate", "--file", "/nowhere/prompt"])
    }

    @Test func noGGUF() async throws {
        let file = try TemporaryFile(Data("no model at all".utf8))
        try await self.expect(65, file.path, "GGUF", from: ["generate", "x", "--model", file.path])
        try await self.expect(65, file.path, "GGUF", from: ["serve", "target", "--model", file.path])
    }

    @Test func draftOfAnotherVocabulary() async throws {
        let model = try modelOfAnotherVocabulary()
        try await self.expect(
            65, "another vocabulary", "\"zqzq", "there and", from: ["generate", "x", "--draft", model.path])

        // Between processes the target refuses the draft by name, and goes on alone.
        let target = try await Service.target()
        let draft = try await Service(["draft", "--model", model.path, "--listen", Service.anyPort])
        let coordinator = try await Service.coordinator(target: target, drafts: [draft.address])
        try await coordinator.process.wait(for: "refusal") { $0.error.contains("another vocabulary") }
        let completion = try await withClient(of: coordinator) {
            try await $0.complete("import", options: GenerationOptions(maxTokens: 8, lookahead: "fixed:4"))
        }
        #expect(completion.tokens.count == 8)
        #expect(completion.statistics.draftTokens == 0)
    }

    @Test func prompt() async throws {
        let long = String(repeating: "import Foundation\n", count: 200)
        try await self.expect(65, "context", from: ["generate", long, "--context", "128", "--lookahead", "off"])
        try await self.expect(65, "empty", from: ["generate", ""])
        try await self.expect(64, "no prompt", from: ["generate"])
    }

    @Test func promptsFile() async throws {
        let file = try TemporaryFile(Data("{\"prompt\": \"a\"}\n{\"domain\": \"b\"}\n".utf8))
        try await self.expect(65, "\(file.path):2", "\"prompt\"", from: ["check", "--prompts", file.path])
    }

    @Test func argumentThatIsNoText() async throws {
        // The shell makes bytes that a text of ours cannot hold.
        let command = #"exec "$0" generate "$(printf 'a\377b')""#
        let ended = try await RunningProcess(["-c", command, RunningProcess.executable], executable: "/bin/sh").end()
        #expect(ended.status == 65 && ended.error.contains("argument 2 is not UTF-8 text"), "\(ended.error)")
    }

    @Test func numbersWithAMinus() async throws {
        func tokens(_ arguments: String...) async throws -> String {
            let ended = try await RunningProcess(
                ["generate", "import", "--json", "--max-tokens", "8", "--temperature", "1", "--lookahead", "off"]
                    + arguments
            ).end()
            #expect(ended.status == 0, "\(ended.error)")
            return ended.output.split(separator: "\"statistics\"").first.map(String.init) ?? ""
        }
        let minus = try await tokens("--seed", "-1")
        #expect(try await tokens("--seed=-1") == minus)
        #expect(try await tokens("--seed", "\(UInt64.max)") == minus, "HTTP takes the one for the other too")
        #expect(try await tokens("--seed", "1") != minus)
        try await self.expect(64, "\"x\" is not a seed", from: ["generate", "x", "--seed", "x"])
        try await self.expect(64, "18446744073709551616", from: ["generate", "x", "--seed", "18446744073709551616"])
        // A library without a device says so; one with one takes them.
        for layers in ["-1", "99", "all", "ALL"] {
            let ended = try await foretoken("generate", "x", "--max-tokens", "1", "--gpu-layers", layers)
            #expect(ended.status == 0 || ended.error.contains("without a device for GPU layers"), "\(ended.error)")
        }
        for layers in ["-2", "some"] {
            try await self.expect(64, "not a number of layers", from: ["generate", "x", "--gpu-layers", layers])
        }
    }

    @Test func listensAtAName() async throws {
        let draft = try await Service.draft(at: "tcp://localhost:0")
        #expect(draft.address.hasPrefix("tcp://127.0.0.1:") || draft.address.hasPrefix("tcp://[::1]:"))
        // A warning is before it.
        let ended = try await foretoken("serve", "target", "--insecure", "--listen", "tcp://nowhere.invalid:7001")
        #expect(ended.status == 64)
        #expect(ended.error.contains("error: cannot listen at tcp://nowhere.invalid:7001"), "\(ended.error)")
    }

    @Test(arguments: ["sometimes", "fixed:x", "fixed:0", "confidence:2"])
    func rule(_ rule: String) async throws {
        try await self.expect(64, rule, from: ["generate", "x", "--lookahead", rule])
    }

    @Test(arguments: [["--temperature", "-1"], ["--top-p", "0"], ["--threads", "0"], ["--max-tokens", "many"]])
    func value(_ option: [String]) async throws {
        try await self.expect(64, from: ["generate", "x"] + option)
    }

    @Test func widening() async throws {
        try await self.expect(
            64, "1000", "multiple of 64", from: ["widen", "--width", "1000", "--output", "/nowhere/x"],
            by: RunningProcess.bench)
        try await self.expect(
            64, "q4_0", "bf16", from: ["widen", "--type", "q4_0", "--output", "/nowhere/x"], by: RunningProcess.bench)
        try await self.expect(
            66, "/nowhere/m", from: ["widen", "--model", "/nowhere/m", "--output", "/nowhere/x"],
            by: RunningProcess.bench)
        try await self.expect(
            74, "/nowhere/x", "cannot be written", from: ["widen", "--output", "/nowhere/x"], by: RunningProcess.bench)
    }

    @Test func addressInUse() async throws {
        let coordinator = try await Service([
            "coordinator", "--listen", Service.anyPort, "--target", "tcp://127.0.0.1:1",
        ])
        try await self.expect(
            73, coordinator.address, "in use", from: ["serve", "target", "--listen", coordinator.address])
    }

    @Test func http() async throws {
        try await self.expect(64, "nonsense", from: ["serve", "all", "--http", "nonsense"])
        try await self.expect(64, "--http", from: ["serve", "all", "--rate-limit", "5"])
        try await self.expect(64, "--model-name", "--http", from: ["serve", "all", "--model-name", "a"])
        let all = ["serve", "all", "--http", "127.0.0.1:0"]
        try await self.expect(64, "--model-name", "empty", from: all + ["--model-name", "a,,b"])
        try await self.expect(64, "chat.example", "https://", from: all + ["--http-allow-origin", "chat.example"])
        try await self.expect(64, "--http-texts", from: ["serve", "all", "--http-texts", "0"])
        let coordinator = ["serve", "coordinator", "--target", "tcp://127.0.0.1:1", "--listen", Service.anyPort]
        let http = coordinator + ["--http", "127.0.0.1:0"]
        try await self.expect(66, "/nowhere/keys", from: http + ["--api-key-file", "/nowhere/keys"])
        let file = try TemporaryFile(Data("# none\n".utf8))
        try await self.expect(65, file.path, "no key", from: http + ["--api-key-file", file.path])
        let first = try await Service(Array(http.dropFirst()))
        let taken = try #require(first.http).replacingOccurrences(of: "http://", with: "")
        let ended = try await RunningProcess(coordinator + ["--http", taken]).end()
        #expect(ended.status == 73, "\(ended.error)")
        #expect(ended.error.contains("\(taken) is in use"), "\(ended.error)")
    }

    @Test func badAddress() async throws {
        try await self.expect(64, "nonsense", from: ["generate", "x", "--connect", "nonsense"])
        let address = "tcp://127.0.0.1:99999"
        try await self.expect(64, address, from: ["serve", "draft", "--listen", address])
    }

    @Test func nobodyListening() async throws {
        try await self.expect(
            69, "nobody answers at tcp://127.0.0.1:1", from: ["generate", "x", "--connect", "tcp://127.0.0.1:1"])
        // A name that is kept for those that never resolve (RFC 2606).
        let nowhere = "tcp://nowhere.invalid:7000"
        let ended = try await RunningProcess(["generate", "x", "--insecure", "--connect", nowhere]).end()
        #expect(ended.status == 69, "\(ended.error)")
        #expect(ended.error.contains("nobody answers at \(nowhere), because "), "\(ended.error)")
        #expect(ended.error.contains("is the name right"), "\(ended.error)")
    }

    @Test func notACoordinator() async throws {
        let draft = try await Service.draft()
        try await self.expect(
            76, "a draft is greeted by a coordinator", from: ["generate", "x", "--connect", draft.address])
    }

    @Test func noTarget() async throws {
        let coordinator = try await Service([
            "coordinator", "--listen", Service.anyPort, "--target", "tcp://127.0.0.1:1",
        ])
        try await self.expect(
            69, "tcp://127.0.0.1:1", from: ["generate", "x", "--connect", coordinator.address])
    }

    @Test func coordinatorOfAnotherVersion() async throws {
        // Answers every greeting as a coordinator of version 99 would.
        let network = ZeroMQNetwork()
        let loop = network.makeLoop(name: "other")
        let box = LinkBox()
        let address = try await withCheckedThrowingContinuation { continuation in
            loop.execute {
                do {
                    let link = try network.listen(at: Service.anyPort, on: loop) { event in
                        guard case .message(let envelope, let peer, _) = event, case .hello = envelope.body else {
                            return
                        }
                        let welcome = Welcome(protocolVersion: 99, peer: Peer(role: .coordinator, name: "other"))
                        _ = box.link?.send(Envelope(.welcome(welcome)), to: peer)
                    }
                    box.link = link
                    continuation.resume(returning: link.address)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
        try await self.expect(76, "version 99", from: ["generate", "x", "--connect", address])
        await withCheckedContinuation { continuation in
            loop.execute {
                box.link?.close()
                continuation.resume()
            }
        }
    }
}
