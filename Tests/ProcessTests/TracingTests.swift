import Foretoken
import Foundation
import TestSupport
import Testing

/// One text, one trace: through HTTP, coordinator, target and draft in processes of their own.
@Suite(.oneAtATime) struct TracingTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let caller = "b7ad6b7169203331"

    private static func complete(
        _ http: String, _ body: String, traceparent: String, id: String = "any"
    ) async throws -> [String: Any] {
        let ended = try await RunningProcess(
            [
                "-s", "-H", "Content-Type: application/json", "-H", "traceparent: \(traceparent)", "-H",
                "x-request-id: \(id)", "-d", body, "\(http)/v1/completions",
            ], executable: "/usr/bin/curl"
        ).end()
        return try #require(
            try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any], "\(ended.output)")
    }

    @Test func aTextIsOneTraceFromHTTPToTheDraft() async throws {
        let receiver = try await SpanReceiver()
        let named = { (name: String) in receiver.environment + ["OTEL_SERVICE_NAME=\(name)"] }
        let target = try await Service(
            ["target", "--listen", Service.anyPort, "--threads", "1"], environment: named("the-target"))
        let draft = try await Service(["draft", "--listen", Service.anyPort], environment: receiver.environment)
        let coordinator = try await Service(
            [
                "coordinator", "--listen", Service.anyPort, "--target", target.address, "--draft", draft.address,
                "--http", "127.0.0.1:0", "--log-format", "json", "--log-level", "debug",
            ], environment: receiver.environment)
        try await withClient(of: coordinator) { try await $0.waitForDraft() }
        let body =
            #"{"prompt": "import unittest", "max_tokens": 48, "temperature": 0, "foretoken": {"lookahead": "fixed:4"}}"#
        let http = try #require(coordinator.http)
        let answer = try await Self.complete(
            http, body, traceparent: "00-\(Self.trace)-\(Self.caller)-01", id: "my-request")

        let spans = try await receiver.wait(for: 5) { $0.trace == Self.trace }
        let byName = Dictionary(grouping: spans, by: \.name)
        var parent = Self.caller
        var begun: UInt64 = 0
        for (name, kind, service) in [
            ("/v1/completions", "server", "foretoken-coordinator"),
            ("text_completion", "client", "foretoken-coordinator"),
            ("llm_request", "server", "foretoken-coordinator"), ("target", "server", "the-target"),
            ("draft", "server", "foretoken-draft"),
        ] {
            try #require(byName[name]?.count == 1, "\(name): \(spans.map(\.name))")
            let span = byName[name]![0]
            #expect(span.parent == parent && span.kind == kind && span.service == service, "\(span)")
            #expect(span.begun >= begun && span.ended >= span.begun && span.status != 2, "\(span)")
            (parent, begun) = (span.span, span.begun)
        }
        // The spans tell what the answer tells.
        let statistics = try #require((answer["foretoken"] as? [String: Any])?["statistics"] as? [String: Any])
        let usage = try #require(answer["usage"] as? [String: Any])
        func number(_ object: [String: Any], _ name: String) -> Double? { (object[name] as? NSNumber)?.doubleValue }
        for name in ["llm_request", "target"] {
            let span = byName[name]![0]
            #expect(span["gen_ai.usage.prompt_tokens"]?.number == number(usage, "prompt_tokens"))
            #expect(span["gen_ai.usage.completion_tokens"]?.number == number(usage, "completion_tokens"))
            #expect(span["foretoken.spec.passes"]?.number == number(statistics, "target_passes"))
            #expect(span["foretoken.spec.drafted"]?.number == number(statistics, "draft_tokens"))
            #expect(span["foretoken.spec.accepted"]?.number == number(statistics, "accepted_tokens"))
            let lasted = Double(span.ended - span.begun) * 1e-9
            #expect(try #require(span["gen_ai.latency.time_in_model_inference"]?.number) <= lasted)
        }
        let request = byName["llm_request"]![0]
        #expect(request["gen_ai.request.id"] == .text("my-request"))
        #expect(request["gen_ai.operation.name"] == .text("text_completion"))
        #expect(request["gen_ai.request.max_tokens"] == .number(48))
        #expect(request["gen_ai.response.finish_reasons"] == .texts(["length"]))
        #expect(request["foretoken.spec.failovers"] == .number(0))
        let first = try #require(request["gen_ai.latency.time_to_first_token"]?.number)
        #expect(first > 0 && first <= request["gen_ai.latency.e2e"]?.number ?? 0)
        #expect(try #require(byName["draft"]![0]["foretoken.spec.blocks"]?.number) > 0)
        #expect(!spans.contains { "\($0)".contains("unittest") }, "no text is in a span")

        try await Self.checkLog(of: coordinator)

        // Whoever does not record a trace wants it recorded nowhere.
        let other = "1af7651916cd43dd8448eb211c80319c"
        _ = try await Self.complete(http, body, traceparent: "00-\(other)-\(Self.caller)-00")
        // A header of another form is no parent: the trace begins here.
        let before = try receiver.spans().count { $0.name == "/v1/completions" }
        _ = try await Self.complete(http, body, traceparent: "00-\(Self.trace)-\(Self.caller)-01-more", id: "root")
        let roots = try await receiver.wait(for: before + 1) { $0.name == "/v1/completions" }
        #expect(roots.last?.parent == "" && roots.last?.trace != Self.trace)
        #expect(try !receiver.spans().contains { $0.trace == other })
    }

    /// Every line of the log is an object, and what is of a request names it and its trace.
    private static func checkLog(of service: Service) async throws {
        @Sendable func whole(_ log: String) -> [Substring] {
            log[..<(log.lastIndex(of: "\n") ?? log.startIndex)].split(separator: "\n")
        }
        let snapshot = try await service.process.wait(for: "word of the end") { snapshot in
            whole(snapshot.error).contains { $0.contains("Text ended") && $0.contains("my-request") }
        }
        var lines: [[String: Any]] = []
        for line in whole(snapshot.error) {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let members = try #require(object, "\(line)")
            for name in ["time", "level", "logger", "message"] { #expect(members[name] is String, "\(line)") }
            lines.append(members)
        }
        let ends = lines.filter {
            $0["message"] as? String == "Text ended" && $0["request_id"] as? String == "my-request"
        }
        #expect(ends.count == 1 && ends.first?["trace_id"] as? String == Self.trace, "\(ends)")
    }

    @Test func aTextThatGoesOnAtAnotherTargetIsStillOneTrace() async throws {
        let receiver = try await SpanReceiver()
        var targets: [Service] = []
        for _ in 0..<2 {
            targets.append(
                try await Service(
                    ["target", "--listen", Service.anyPort, "--threads", "1"], environment: receiver.environment))
        }
        let coordinator = try await Service(
            ["coordinator", "--listen", Service.anyPort] + targets.flatMap { ["--target", $0.address] },
            environment: receiver.environment)
        let tokens = try await withClient(of: coordinator) { client in
            let text = try await client.generate(
                "import unittest", options: GenerationOptions(maxTokens: 1500, ignoresEnd: true, requestID: "moved"))
            var iterator = text.makeAsyncIterator()
            for _ in 0..<8 { _ = try await iterator.next() }
            var busy: Service?
            while busy == nil, try await iterator.next() != nil {
                let address = try await client.describe().targets.first { $0.load.sequences > 0 }?.address
                busy = targets.first { $0.address == address }
            }
            try #require(busy).process.signal(SIGKILL)
            while try await iterator.next() != nil {}
            #expect(text.statistics.resumptions == 1)
            return text.statistics.generatedTokens
        }
        let request = try await receiver.wait(for: 1) { $0["gen_ai.request.id"] == .text("moved") }[0]
        #expect(request.name == "llm_request" && request.parent == "")
        #expect(request["foretoken.spec.failovers"] == .number(1))
        #expect(request["gen_ai.usage.completion_tokens"] == .number(Double(tokens)))
        // The target that was killed has told nothing; the other's is of the same trace.
        let parts = try await receiver.wait(for: 1) { $0.trace == request.trace && $0.name == "target" }
        #expect(parts.count == 1 && parts[0].parent == request.span)
        #expect(parts[0].begun > request.begun)
    }

    @Test func aReceiverThatIsAwayCostsSpansAndNothingElse() async throws {
        let server = try await Service(
            [
                "all", "--listen", Service.anyPort, "--listen-target", Service.anyPort, "--listen-draft",
                Service.anyPort, "--metrics-listen", "127.0.0.1:0",
            ], environment: ["OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_BSP_SCHEDULE_DELAY=50"])
        _ = try await withClient(of: server) { try await $0.tokens("import unittest", count: 16, lookahead: "off") }
        try await server.process.wait(for: "word of it") { $0.error.contains("Spans are dropped") }
        server.process.signal(SIGTERM)
        #expect(try await server.process.end().status == 0)
    }

    @Test func aTraceIsNamedInTheLogThoughNobodyHereRecordsIt() async throws {
        let server = try await Service.all(["--log-format", "json", "--log-level", "debug"])
        _ = try await Self.complete(
            try #require(server.http), #"{"prompt": "import unittest", "max_tokens": 2}"#,
            traceparent: "00-\(Self.trace)-\(Self.caller)-01", id: "my-request")
        try await Self.checkLog(of: server)
    }

    @Test func anEndpointOfNoUseIsToldAndTheServiceServes() async throws {
        let server = try await Service(
            ["coordinator", "--listen", Service.anyPort],
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT=https://me:secret@collector:4318"])
        let said = server.process.snapshot.error
        #expect(said.contains("No spans are sent") && said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "\(said)")
        #expect(!said.contains("secret"), "\(said)")
    }

    /// What a span says of a request is its path, and a server's own fault is an error.
    @Test func whatStrangersSendStandsInNoSpan() async throws {
        let receiver = try await SpanReceiver()
        let server = try await Service(
            ["coordinator", "--listen", Service.anyPort, "--http", "127.0.0.1:0"], environment: receiver.environment)
        let http = try #require(server.http)
        let long = String(repeating: "x", count: 20_000)
        for path in ["/nowhere?\(long)", "/v1/completions?api_key=\(long)"] {
            _ = try await RunningProcess(
                [
                    "-s", "-A", long, "-H", "Content-Type: application/json", "-d",
                    #"{"prompt": "import unittest", "max_tokens": 2, "foretoken": {"timeout": 1}}"#, http + path,
                ], executable: "/usr/bin/curl"
            ).end()
        }
        let spans = try await receiver.wait(for: 1) { $0.kind == "server" && $0.name != "llm_request" }
        #expect(spans.map(\.name) == ["/v1/completions"])
        #expect(spans.first?.status == 2, "there is no target: 503")
        for span in spans { #expect(!"\(span)".contains("xxx"), "\(span)") }
    }
}
