import ForetokenWire
import InProcess
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

/// The end of a connection is noticed at once: with heartbeats of a minute nothing else could tell within the time that
/// these tests wait.
@Suite(.oneAtATime) struct ConnectionEndTests {
    private static let heartbeat: UInt32 = 60_000

    @Test func anotherTargetTakesOverAtOnce() async throws {
        let cluster = try await Cluster(
            context: 4096, targets: ["target", "other"], drafts: [], passSeconds: Cluster.hold,
            heartbeatMilliseconds: Self.heartbeat)
        try await withCluster(cluster) { cluster, client in
            let request = Request(prompt: "a very long story", maxTokens: 400, lookahead: .off)
            let call = await client.begin(request)
            try await client.wait { $0.answer(call).tokens.count > 5 }
            var busy: String?
            for target in ["target", "other"] where await cluster.targets[target]!.load.sequences > 0 { busy = target }
            cluster.network.disconnect(try #require(busy))
            await cluster.takePasses(of: 0)
            try await client.wait { $0.answer(call).isOver }
            let reference = try cluster.reference(request)
            #expect(await client.answer(call).tokens == reference)
            // It is told of the end too, and keeps nothing for a coordinator that is gone.
            try await eventually { await cluster.targets[busy!]!.load.sequences == 0 }
            // It is back at once as well.
            cluster.network.reconnect(try #require(busy))
            try await eventually { try await client.describe().targets.allSatisfy(\.reachable) }
        }
    }

    @Test func aDraftThatLeavesIsMissedAtOnceAndComesBack() async throws {
        let cluster = try await Cluster(heartbeatMilliseconds: Self.heartbeat)
        try await withCluster(cluster) { cluster, client in
            await cluster.stopDraft("draft")
            try await eventually { try await !client.describe().drafts[0].reachable }
            try await cluster.startDraft("draft")
            try await eventually {
                let request = Request(prompt: "again", maxTokens: 60, lookahead: "sync:fixed:4")
                return try await client.generate(request).statistics!.acceptedTokens > 10
            }
        }
    }

    @Test func slotsAreFreeAtOnceAfterAClientIsGone() async throws {
        let cluster = try await Cluster(
            context: 4096, drafts: [], passSeconds: Cluster.hold, heartbeatMilliseconds: Self.heartbeat)
        try await withCluster(cluster) { cluster, _ in
            let other = try await TestClient(network: cluster.network, heartbeat: Self.heartbeat)
            try await other.waitUntilUp()
            for _ in 0..<4 { _ = await other.begin(Request(prompt: "x", maxTokens: 4000, lookahead: .off)) }
            try await eventually { await cluster.target!.load.sequences == 4 }
            await other.vanish()
            try await eventually { await cluster.target!.load.sequences == 0 }
        }
    }
}
