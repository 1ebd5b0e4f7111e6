import Foretoken
import TestSupport
import Testing

/// Runs a test with the SDK's client of a cluster, and takes both down whatever happens.
func withClient(
    of cluster: Cluster, _ body: (Cluster, ForetokenClient) async throws -> Void
) async throws {
    let client = cluster.makeClient()
    do {
        try await client.connect()
        try await eventually { try await client.describe().drafts.allSatisfy(\.isReachable) }
        try await body(cluster, client)
    } catch {
        await client.close()
        await cluster.stop()
        throw error
    }
    await client.close()
    await cluster.stop()
}

extension Cluster {
    nonisolated func makeClient() -> ForetokenClient {
        ForetokenClient(
            address: "coordinator", network: self.network, heartbeatMilliseconds: self.heartbeatMilliseconds)
    }
}
