import ForetokenWire
import InProcess
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

/// What a request is called is in the coordinator's log, whatever becomes of it.
@Suite(.oneAtATime) struct RequestNamesTests {
    static let trace = TraceParent(
        traceID: "0af7651916cd43dd8448eb211c80319c", spanID: "b7ad6b7169203331", isSampled: false)

    @Test func everyEndIsLoggedUnderTheRequestsNames() async throws {
        let log = RecordedLog()
        let cluster = try await Cluster(context: 4096, passSeconds: Cluster.hold, logger: log.logger)
        try await withCluster(cluster) { cluster, client in
            func request(_ name: String, _ prompt: PromptForm = "a text", most: Int = 8) -> Request {
                Request(prompt: prompt, maxTokens: most, names: RequestNames(id: RequestID(name), trace: Self.trace))
            }
            _ = try await client.generate(request("whole"))
            _ = try await client.generate(request("empty", ""))
            _ = try await client.generate(request("late", most: 4000), timeoutMilliseconds: 50)
            let call = await client.begin(request("left", most: 4000))
            try await client.wait { $0.answer(call).tokens.count > 2 }
            await client.cancel(call)
            try await eventually { log.lines("Text ended").count >= 4 }
            let ends = log.lines("Text ended")
            #expect(ends.map { $0.metadata["request_id"] } == ["whole", "empty", "late", "left"])
            let codes = ["length", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "CANCELLED"]
            #expect(ends.map { $0.metadata["code"] } == codes)
            for end in ends { #expect(end.metadata["trace_id"] == Self.trace.traceID) }
            #expect(ends[0].metadata["target"] == "target" && ends[0].metadata["tokens"] == "8")
        }
    }

    @Test func aFailOverIsLoggedUnderTheRequestsNames() async throws {
        let log = RecordedLog()
        let cluster = try await Cluster(
            context: 4096, drafts: ["one", "two"], passSeconds: Cluster.hold, logger: log.logger)
        try await withCluster(cluster) { cluster, client in
            cluster.network.setFaults(FailureTests.slow, at: "far")
            let names = RequestNames(id: RequestID("mine"))
            let call = await client.begin(
                Request(prompt: "a story", maxTokens: 4000, lookahead: "sync:fixed:2", names: names))
            try await client.wait { $0.answer(call).origins.contains(.accepted) }
            for draft in ["one", "two"] where await cluster.drafts[draft]!.load.sequences > 0 {
                await cluster.stopDraft(draft)
                break
            }
            try await eventually { !log.lines("Draft takes over").isEmpty }
            #expect(log.lines("Draft takes over").first?.metadata["request_id"] == "mine")
            await client.cancel(call)
        }
    }
}
