import Foundation
import Logging
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import ForetokenGateway

/// Figures and health for those who have no key.
@Suite(.oneAtATime) struct MonitorTests {
    /// What a monitor tells, and how often it was asked to write.
    private final class Told: Sendable {
        let standing = Mutex(Monitor.Standing.ready)
        let writings = Mutex(0)
    }

    private static func with(_ body: (HTTPPeer, Told) async throws -> Void) async throws {
        let told = Told()
        let monitor = Monitor(
            address: HTTPAddress(host: "127.0.0.1", port: 0), logger: Logger(label: "test") { _ in Quiet() },
            figures: Figures(contentType: "text/plain") {
                told.writings.withLock { count in
                    count += 1
                    return "a_gauge \(count)\n"
                }
            },
            standing: { told.standing.withLock { $0 } })
        let address = try await monitor.start()
        do {
            try await body(HTTPPeer(host: address.host, port: address.port), told)
        } catch {
            await monitor.stop()
            throw error
        }
        await monitor.stop()
    }

    private struct Quiet: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.critical
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }
        func log(event: LogEvent) {}
    }

    @Test func probesAreAnsweredByHowTheServiceIs() async throws {
        try await Self.with { http, told in
            for (standing, health, ready, word) in [
                (Monitor.Standing.ready, 200, 200, "ready"),
                (.notReady("no target is reachable"), 200, 503, "no target is reachable"),
                (.draining, 503, 503, "shutting down"),
            ] {
                told.standing.withLock { $0 = standing }
                for path in ["/health", "/healthz"] { #expect(try await http.get(path).status == health, "\(path)") }
                for path in ["/ready", "/readyz"] {
                    let answer = try await http.get(path)
                    #expect(answer.status == ready && answer.text.contains(word), "\(path): \(answer.text)")
                }
                #expect(try await http.get("/metrics").status == 200, "figures are told to the end")
            }
            #expect(try await http.send(.HEAD, "/health").status == 503)
            #expect(try await http.get("/v1/models").status == 404)
            #expect(try await http.post("/metrics", "{}").status == 405)
        }
    }

    @Test func figuresAreWrittenAtMostOnceInTheirAgeHoweverManyAsk() async throws {
        try await Self.with { http, told in
            let begun = ContinuousClock.now
            let answers = try await withThrowingTaskGroup(of: HTTPPeer.Answer.self) { group in
                for _ in 0..<40 { group.addTask { try await http.get("/metrics") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let most = Int((ContinuousClock.now - begun) / Figures.age) + 1
            #expect(told.writings.withLock { $0 } <= most)
            #expect(answers.allSatisfy { $0.status == 200 && $0.text.hasPrefix("a_gauge ") })
            #expect(answers[0].headers["content-type"] == "text/plain")
            // What is too old is written anew.
            let before = told.writings.withLock { $0 }
            try await eventually { try await http.get("/metrics").text == "a_gauge \(before + 1)\n" }
        }
    }
}
