import Foundation
import Measurement
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The load test as users run it, against a scripted server and our own.
@Suite(.oneAtATime) struct LoadTestTests {
    private static func prompts(_ scripts: [String]) throws -> TemporaryFile {
        try TemporaryFile(Data(scripts.map { "{\"prompt\": \"\($0)\"}\n" }.joined().utf8))
    }

    private static func report(
        _ arguments: [String], status: Int32 = 0
    ) async throws -> (report: LoadTestReport, ended: RunningProcess.Snapshot) {
        let json = TemporaryFile.freePath()
        defer { try? FileManager.default.removeItem(atPath: json) }
        let ended = try await RunningProcess(["loadtest", "--json", json] + arguments).end()
        #expect(ended.status == status, "\(ended.error)\n\(ended.output)")
        return (try LoadTestReport(decoding: Data(contentsOf: URL(filePath: json))), ended)
    }

    /// The server's own log of the same run is the other measurement.
    ///
    /// What lies between the two is this machine's: a second run is made where others kept it from its work.
    @Test(arguments: [["--clients", "3"], ["--rate", "6"]])
    func agreesWithTheServersLog(_ shape: [String]) async throws {
        let scripts = (0..<18).map { "first=\(250 + 10 * $0) gap=30 tokens=20 number=\($0)" }
        let file = try Self.prompts(scripts)
        var differences: [String] = []
        for _ in 0..<4 {
            let server = try await FakeOpenAIServer()
            let (report, _) = try await Self.report(["--url", server.url, "--prompts", file.path] + shape)
            #expect(report.arms[0].completed == 18 && report.isComplete && report.model == "fake")
            #expect(report.arms[0].interToken?.count == 18 * 19)
            try #require(server.sent.count == 18)
            differences = try Self.differences(report.arms[0], server, isOpen: shape[0] == "--rate")
            if differences.isEmpty { return }
        }
        #expect(differences.isEmpty)
    }

    /// Figures of which the tool and the server differ by more than 2 %, and by more than the server was late itself.
    private static func differences(
        _ figures: LoadFigures, _ server: FakeOpenAIServer, isOpen: Bool
    ) throws -> [String] {
        var differences: [String] = []
        let (sent, kept) = (server.sent, server.lateness)
        func compare(_ name: String, _ ours: Double, _ theirs: Double, slack: Double = 0) {
            if abs(ours - theirs) > 0.02 * theirs + slack {
                differences.append("\(name): \(ours) here, \(theirs) there, of \(slack) told")
            }
        }
        func compare(
            _ name: String, _ latencies: Latencies?, slack: Double, _ value: (FakeOpenAIServer.Sent) -> Duration
        ) throws {
            let times = sent.map { value($0) / .seconds(1) }.sorted()
            let latencies = try #require(latencies)
            compare("mean \(name)", latencies.mean, times.reduce(0, +) / Double(times.count), slack: slack)
            compare("p50 \(name)", latencies.p50, times[8], slack: slack)
            compare("p90 \(name)", latencies.p90, times[16], slack: slack)
            compare("max \(name)", latencies.max, times[17], slack: slack)
        }

        // What lies between the schedule and the sending, which the server cannot see, is told besides.
        let late = try #require(figures.lateness).mean + kept
        try compare("first token", figures.timeToFirstToken, slack: late) { $0.events[0] - $0.received }
        try compare("per token", figures.timePerToken, slack: kept / 19) { ($0.events.last! - $0.events[0]) / 19 }
        try compare("end to end", figures.endToEnd, slack: late) { $0.ended! - $0.received }
        // An open loop is counted from its beginning, which lies before the first arrival.
        let span = (sent.compactMap(\.ended).max()! - sent.map(\.received).min()!) / .seconds(1)
        let rate = 360 / (isOpen ? figures.seconds : span)
        compare("tokens/s", figures.tokensPerSecond, rate, slack: rate * kept / span)
        return differences
    }

    @Test func aStallShowsInTheOpenLoop() async throws {
        let file = try Self.prompts((0..<200).map { "first=5 gap=1 tokens=2 number=\($0)" })
        let options = FakeOpenAIServer.Options(stall: .seconds(1) ..< .seconds(2))
        let open = try await FakeOpenAIServer(options)
        let (report, _) = try await Self.report([
            "--url", open.url, "--prompts", file.path, "--rate", "20", "--duration", "3", "--slo", "e2e=300ms",
        ])
        let times = try #require(report.arms[0].endToEnd)
        let late = open.lateness
        #expect(times.max > 0.85 && times.max < 1.2 + 2 * late, "\(times), \(late)")
        #expect(times.p99 > 0.8 && times.p50 < 0.6 + 2 * late, "\(times), \(late)")
        #expect(report.arms[0].goodShare < 0.85)

        let closed = try await FakeOpenAIServer(options)
        let (hidden, _) = try await Self.report([
            "--url", closed.url, "--prompts", file.path, "--clients", "1", "--duration", "3",
        ])
        #expect(try #require(hidden.arms[0].endToEnd).p95 < 0.2 + 2 * closed.lateness)
    }

    @Test func errorsAreCountedByKind() async throws {
        let server = try await FakeOpenAIServer()
        let modes = [
            "cut", "broken", "error", "named", "early", "endless", "garbage", "html", "429", "500", "silent", "429",
        ]
        let file = try Self.prompts(
            ["tokens=3"] + modes.map { "tokens=3 mode=\($0)" } + ["tokens=3 per=3", "mode=nousage"])
        let (report, ended) = try await Self.report([
            "--url", server.url, "--prompts", file.path, "--clients", "4", "--timeout", "6", "--chat",
        ])
        let figures = report.arms[0]
        let errors = Dictionary(uniqueKeysWithValues: figures.errors.map { ($0.kind, $0.count) })
        #expect(
            errors == [
                "connection lost": 1, "unexpected answer": 2, "error in the stream": 2, "stream ended early": 2,
                "no HTTP answer": 1, "HTTP 429": 2, "HTTP 500": 1,
            ])
        #expect(figures.requests == 15 && figures.completed == 3 && figures.timedOut == 1 && figures.tokensAreEstimated)
        #expect(ended.output.contains("HTTP 429") && ended.output.contains("timed out"))
    }

    @Test func comparesWithOff() async throws {
        let server = try await FakeOpenAIServer(.init(isForetoken: true))
        let file = try Self.prompts((0..<16).map { "first=20 gap=20 tokens=10 number=\($0)" })
        let page = TemporaryFile.freePath()
        defer { try? FileManager.default.removeItem(atPath: page) }
        let (report, ended) = try await Self.report([
            "--url", server.url, "--prompts", file.path, "--clients", "2", "--compare", "--lookahead", "fixed:4",
            "--html", page,
        ])
        #expect(report.arms.map(\.arm) == [.asked, .off] && report.arms.allSatisfy { $0.completed == 16 })
        #expect(report.comparedTexts == 16 && report.differentTexts == 0)
        // 20 ms between tokens, and twice as much without speculation.
        for (arm, gap) in zip(report.arms, [0.02, 0.04]) {
            let perToken = try #require(arm.timePerToken).p50
            #expect(abs(perToken - gap) < 0.05 * gap + server.lateness, "\(arm.arm): \(perToken)")
        }
        #expect(report.arms[0].speculation?.acceptanceRate == 0.75)
        #expect(server.sent.count { $0.isOff } == 16)
        #expect(
            ended.output.contains("speed-up") && ended.output.replacing(/\s+/, with: " ").contains("16 of 16 texts are")
        )
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.contains("times the target alone") && html.contains("speed-up"))
    }

    @Test func ourOwnProtocol() async throws {
        let service = try await Service([
            "all", "--listen", Service.anyPort, "--listen-target", Service.anyPort, "--listen-draft", Service.anyPort,
            "--threads", "1",
        ])
        try await withClient(of: service) { try await $0.waitForDraft() }
        let file = try Self.prompts((0..<12).map { "import module\($0)" })
        let (report, ended) = try await Self.report([
            "--connect", service.address, "--prompts", file.path, "--clients", "2", "--requests", "8", "--max-tokens",
            "24", "--compare", "--lookahead", "fixed:3",
        ])
        let (asked, off) = (report.arms[0], report.arms[1])
        #expect(asked.completed == 8 && off.completed == 8 && report.comparedTexts == 8)
        #expect(abs(asked.tokens - off.tokens) <= 0.5 || report.differentTexts != 0, "the same texts")
        #expect((asked.speculation?.draftTokens ?? 0) > 0 && off.speculation?.draftTokens == 0)
        #expect(ended.output.contains("acceptance rate"))
        let (open, _) = try await Self.report([
            "--connect", service.address, "--prompts", file.path, "--rate", "5", "--requests", "6", "--max-tokens", "8",
            "--temperature", "0.7",
        ])
        #expect(open.arms[0].completed == 6 && !open.arms[0].tokensAreEstimated)
    }

    @Test func ctrlCPrintsWhatIsThere() async throws {
        let server = try await FakeOpenAIServer()
        let file = try Self.prompts(["tokens=2 gap=1"])
        let json = try TemporaryFile(Data())
        let process = try RunningProcess([
            "loadtest", "--url", server.url, "--prompts", file.path, "--repeat", "--clients", "2", "--duration", "600",
            "--json", json.path,
        ])
        try await process.wait(for: "progress") { snapshot in
            snapshot.error.matches(of: /([0-9]+) done/).contains { Int($0.1) ?? 0 > 12 }
        }
        process.signal(SIGINT)
        let ended = try await process.end()
        #expect(ended.status == 130 && ended.output.contains("interrupted"), "\(ended.output)")
        let report = try LoadTestReport(decoding: Data(contentsOf: URL(filePath: json.path)))
        #expect(!report.isComplete && report.arms[0].completed > 10 && report.arms[0].cutOff <= 2)
    }

    @Test func whatIsUnderWayAtTheEndIsCutOff() async throws {
        let server = try await FakeOpenAIServer()
        let file = try Self.prompts(["tokens=2"] + (0..<3).map { "mode=silent number=\($0)" })
        let (report, ended) = try await Self.report([
            "--url", server.url, "--prompts", file.path, "--clients", "4", "--duration", "4", "--drain", "0.3",
        ])
        #expect(report.arms[0].cutOff == 3 && report.arms[0].completed == 1)
        #expect(try #require(report.arms[0].endToEnd).max > 4.2, "counted with its time so far")
        #expect(report.cause?.contains("used up") ?? true && ended.output.contains("cut off"))
    }

    // MARK: Bad input

    private func expect(
        _ status: Int32, _ words: String..., from arguments: [String], location: SourceLocation = #_sourceLocation
    ) async throws {
        let ended = try await RunningProcess(["loadtest"] + arguments).end()
        #expect(ended.status == status, "\(ended.error)", sourceLocation: location)
        #expect(ended.error.hasPrefix("foretoken: error: "), "\(ended.error)", sourceLocation: location)
        for word in words { #expect(ended.error.contains(word), "\(ended.error)", sourceLocation: location) }
        #expect(ended.output.isEmpty, sourceLocation: location)
    }

    @Test func wrongServers() async throws {
        let file = try Self.prompts(["a", "b"])
        let rest = ["--prompts", file.path, "--clients", "1"]
        try await self.expect(69, "nobody answers", "refused", from: ["--url", "http://127.0.0.1:1"] + rest)
        try await self.expect(69, from: ["--connect", "tcp://127.0.0.1:1"] + rest)
        try await self.expect(64, "https", from: ["--url", "https://host"] + rest)
        try await self.expect(64, "not the address", from: ["--url", "host:8080"] + rest)
        let plain = try await FakeOpenAIServer()
        try await self.expect(76, "/other/models", "HTTP 404", from: ["--url", plain.url + "/other"] + rest)
        try await self.expect(76, "extension", "--compare", from: ["--url", plain.url, "--compare"] + rest)
        try await self.expect(76, "--lookahead", from: ["--url", plain.url, "--lookahead", "off"] + rest)
        let html = try Self.prompts(["mode=html"])
        try await self.expect(
            76, "OpenAI's protocol", "text/html", from: ["--url", plain.url, "--prompts", html.path, "--clients", "1"])

        let closed = try await FakeOpenAIServer(.init(key: "sesame"))
        try await self.expect(76, "--api-key-file", "no such key", from: ["--url", closed.url] + rest)
        let (wrong, right) = (try TemporaryFile(Data("mellon\n".utf8)), try TemporaryFile(Data("sesame\n".utf8)))
        try await self.expect(76, "refuses the key", from: ["--url", closed.url, "--api-key-file", wrong.path] + rest)
        try await self.expect(66, "/nowhere", from: ["--url", closed.url, "--api-key-file", "/nowhere"] + rest)
        let ended = try await RunningProcess(
            ["loadtest", "--url", closed.url, "--api-key-file", right.path] + rest
        ).end()
        #expect(ended.status == 0, "\(ended.error)")
    }

    @Test func wrongPrompts() async throws {
        let file = try Self.prompts(["a", "b"])
        let url = ["--url", "http://127.0.0.1:1"]
        try await self.expect(66, "/nowhere", from: url + ["--prompts", "/nowhere", "--clients", "1"])
        try await self.expect(
            64, "--repeat", from: url + ["--prompts", file.path, "--clients", "1", "--requests", "3"])
        try await self.expect(
            64, "--repeat", from: url + ["--prompts", file.path, "--rate", "10", "--duration", "60"])
        let broken = try TemporaryFile(Data("{\"prompt\": \"a\"}\n{\n".utf8))
        try await self.expect(65, ":2", "JSON", from: url + ["--prompts", broken.path, "--clients", "1"])
        let empty = try TemporaryFile(Data())
        try await self.expect(65, "no prompts", from: url + ["--prompts", empty.path, "--clients", "1"])
    }

    @Test(arguments: [
        [], ["--clients", "1", "--rate", "1"], ["--clients", "0"], ["--clients=-1"], ["--rate", "0"], ["--rate=-2"],
        ["--rate", "nan"], ["--clients", "1", "--requests", "0"], ["--clients", "1", "--duration=-1"],
        ["--clients", "1", "--duration", "1", "--requests", "1"], ["--clients", "1", "--warm-up=-1"],
        ["--clients", "1", "--slo", "ttft=5"], ["--clients", "1", "--slo", "x=5ms"],
        ["--clients", "1", "--timeout", "0"],
        ["--clients", "1", "--max-tokens", "0"], ["--clients", "1", "--temperature=-1"],
        ["--clients", "1", "--drain=-1"],
        ["--clients", "1", "--connect", "tcp://a:1"], ["--clients", "1", "--lookahead", "sometimes"],
    ])
    func wrongValues(_ options: [String]) async throws {
        try await self.expect(64, from: ["--url", "http://127.0.0.1:1", "--prompts", "none"] + options)
    }
}
