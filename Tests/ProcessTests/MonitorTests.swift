import Foundation
import TestSupport
import Testing

/// `--metrics-listen` as Prometheus, a picker and a probe use it.
@Suite(.oneAtATime) struct MonitorTests {
    /// Asks as curl does.
    private static func get(_ url: String) async throws -> (status: String, text: String) {
        let ended = try await RunningProcess(
            ["-s", "-w", "\nstatus %{http_code}\n", url], executable: "/usr/bin/curl"
        ).end()
        let parts = ended.output.components(separatedBy: "\nstatus ")
        return (parts.last?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "", parts.first ?? "")
    }

    private static func metrics(of service: Service) throws -> String {
        let line = try #require(service.process.snapshot.output.split(separator: "\n").first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        return try #require(object["metrics"] as? String)
    }

    private static let listen = ["--metrics-listen", "127.0.0.1:0"]

    @Test func eachPartTellsFiguresAndHealthWithoutHTTPAndWithoutAKey() async throws {
        let target = try await Service.target("--metrics-listen", "127.0.0.1:0")
        let draft = try await Service(["draft", "--listen", Service.anyPort] + Self.listen)
        let coordinator = try await Service.coordinator(target: target, drafts: [draft.address], Self.listen)
        try await withClient(of: coordinator) { try await $0.waitForDraft() }
        for (service, series) in [
            (target, ["target_slots", "target_slots_busy", "target_kv_cache_usage_perc"]),
            (draft, ["draft_slots", "draft_slots_busy"]),
            (coordinator, ["num_requests_running", "num_requests_waiting", "kv_cache_usage_perc", "target_up"]),
        ] {
            let monitor = try Self.metrics(of: service)
            #expect(try await Self.get("\(monitor)/health").status == "200")
            #expect(try await Self.get("\(monitor)/ready").status == "200")
            var text = ""
            try await eventually("all series are there: \(text)") {
                text = try await Self.get("\(monitor)/metrics").text
                return series.allSatisfy { text.contains("\nforetoken_\($0)") }
            }
        }
        // A coordinator without a target lives, and is not ready.
        let monitor = try Self.metrics(of: coordinator)
        target.process.signal(SIGTERM)
        #expect(try await target.process.end().status == 0)
        try await eventually { try await Self.get("\(monitor)/ready").status != "200" }
        let ready = try await Self.get("\(monitor)/ready")
        #expect(ready.status == "503" && ready.text.contains("no target is reachable"), "\(ready)")
        #expect(try await Self.get("\(monitor)/health").status == "200")
    }

    @Test func aServerThatDrainsSaysSoAndStillTellsFigures() async throws {
        let keys = try TemporaryFile(Data("a-key\n".utf8))
        let server = try await Service.all(
            Self.listen + ["--api-key-file", keys.path, "--rate-limit", "1", "--grace", "600"])
        let monitor = try Self.metrics(of: server)
        // No key and no limit: any number may ask.
        for _ in 0..<5 { #expect(try await Self.get("\(monitor)/metrics").status == "200") }
        #expect(try await Self.get("\(try #require(server.http))/metrics").status == "401")
        let text = try RunningProcess(
            [
                "-sN", "-H", "Authorization: Bearer a-key", "-H", "Content-Type: application/json",
                "-d", #"{"prompt": "import Foundation", "max_tokens": 1900, "ignore_eos": true, "stream": true}"#,
                "\(try #require(server.http))/v1/completions",
            ], executable: "/usr/bin/curl")
        try await text.wait(for: "event") { $0.output.contains("data: ") }
        try await eventually("it is told") {
            try await Self.get("\(monitor)/metrics").text.contains("\nforetoken_num_requests_running 1\n")
        }
        #expect(try await Self.get("\(monitor)/health").status == "200")
        server.process.signal(SIGTERM)
        try await eventually { try await Self.get("\(monitor)/health").status != "200" }
        #expect(try await Self.get("\(monitor)/ready").status == "503")
        #expect(try await Self.get("\(monitor)/metrics").status == "200", "figures are told to the end")
        #expect(try await text.end().output.contains("data: [DONE]"))
        #expect(try await server.process.end().status == 0)
    }
}
