import Foretoken
import Measurement
import TestSupport
import Testing

/// After very many short requests three processes are as before: slots, threads, files and memory.
@Suite(.oneAtATime, .enabled(if: ProcessUse.isKnown)) struct ChurnTests {
    @Test func nothingIsLeftOfShortRequests() async throws {
        let trio = try await Trio()
        try await withClient(of: trio.coordinator) { client in
            try await client.waitForDraft()
            try await Churn(client: client) { ForetokenClient(address: trio.coordinator.address) }.run(watching: [
                "target": trio.target.process.id, "draft": trio.draft.process.id,
                "coordinator": trio.coordinator.process.id,
            ])
        }
    }
}
