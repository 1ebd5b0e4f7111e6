import Measurement
import TestSupport
import Testing

/// After very many short requests services in this process are as before: slots, threads, files and memory.
@Suite(.oneAtATime, .enabled(if: ProcessUse.isKnown)) struct ChurnTests {
    @Test func nothingIsLeftOfShortRequests() async throws {
        try await withClient(of: try await Cluster(slots: 4)) { cluster, client in
            try await Churn(client: client) { cluster.makeClient() }.run(watching: ["services": nil])
        }
    }
}
