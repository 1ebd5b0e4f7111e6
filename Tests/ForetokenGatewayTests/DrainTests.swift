import Foundation
import TestSupport
import Testing

@testable import ForetokenGateway

/// A gateway that is told to stop: what is being written may become whole, and what cannot goes on elsewhere.
@Suite(.oneAtATime) struct DrainTests {
    private static func body(_ tokens: Int) -> String {
        """
        {"prompt": "x", "max_tokens": \(tokens), "seed": 4, "stream": true, "stream_options": {"include_ids": true},
         "foretoken": {"lookahead": "off"}}
        """
    }

    /// Passes so long that no text becomes whole in the time that a test on a busy machine takes.
    private static let slowPass = 0.5

    /// Runs `body` once a stream has begun.
    ///
    /// - Returns: the events of the stream.
    private func stream(
        _ bed: Bed, tokens: Int, meanwhile body: () async throws -> Void
    ) async throws -> [String] {
        let events = Events()
        let task = Task {
            try await bed.http.rawStream("/v1/completions", Self.body(tokens)) {
                events.add($0)
                return true
            }
        }
        try await eventually { events.all.count >= 3 }
        try await body()
        let (status, rest) = try await task.value
        #expect(status == 200 && rest.isEmpty)
        return events.all
    }

    @Test func whatIsBeingWrittenBecomesWhole() async throws {
        try await with(try await Bed()) { bed in
            let whole = try await ResumedStream(bed.http, "/v1/completions", Self.body(300))
            let all = ResumedStream.choices(whole.events)
            bed.takePasses(of: Self.slowPass)
            let events = try await self.stream(bed, tokens: 300) {
                async let stop: Void = bed.gateway.stop(grace: .seconds(600))
                try await eventually { try await bed.http.get("/healthz").status != 200 }
                for path in ["/healthz", "/health", "/readyz"] {
                    let health = try await bed.http.get(path)
                    #expect(health.status == 503 && health.text.contains("shutting down"), "\(path): \(health.text)")
                }
                let refused = try await bed.http.post("/v1/completions", Self.body(1))
                #expect(refused.status == 503 && refused.headers["retry-after"] == "1")
                #expect(refused.headers["connection"] == "close")
                bed.takePasses(of: 0)
                await stop
            }
            #expect(events.last == "data: [DONE]")
            #expect(ResumedStream.choices(try events.dropLast().map { try ResumedStream.Event($0) }) == all)
        }
    }

    /// What the grace was too short for ends with an error that says so, and goes on at another coordinator's gateway.
    @Test func whatIsNotWholeGoesOnElsewhere() async throws {
        try await with(try await Bed()) { bed in
            let whole = try await ResumedStream(bed.http, "/v1/completions", Self.body(300))
            bed.takePasses(of: Self.slowPass)
            let (other, http) = try await bed.secondGateway()
            var events = try await self.stream(bed, tokens: 300) { await bed.gateway.stop(grace: .milliseconds(1)) }
            let popped = events.popLast()
            let error = try #require(popped)
            #expect(error.contains(#""code":"unavailable""#) && error.contains("Last-Event-ID"), "\(error)")
            let before = try events.map { try ResumedStream.Event($0) }
            bed.takePasses(of: 0)
            let rest = try await ResumedStream(http, "/v1/completions", Self.body(300), behind: before.last?.id)
            #expect(!rest.events.isEmpty && rest.events.count < whole.events.count)
            #expect(ResumedStream.choices(before + rest.events) == ResumedStream.choices(whole.events))
            await other.stop()
        }
    }

    @Test func whoHasNothingToWriteEndsAtOnce() async throws {
        try await with(try await Bed()) { bed in
            let begun = ContinuousClock.now
            await bed.gateway.stop(grace: .seconds(300))
            #expect(ContinuousClock.now - begun < .seconds(200))
        }
    }
}
