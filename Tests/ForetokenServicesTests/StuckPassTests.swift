import ForetokenEngine
import ForetokenWire
import Roles
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

/// A pass that never ends takes its target, and no text, though the target's loop is alive.
@Suite(.oneAtATime) struct StuckPassTests {
    private static let names = ["target", "second", "third"]
    private static let request = Request(prompt: "a very long story", maxTokens: 1500, lookahead: .off)

    private func withTargets(
        _ count: Int, _ body: (Cluster, TestClient) async throws -> Void
    ) async throws {
        let names = Array(Self.names.prefix(count))
        let cluster = try await Cluster(
            context: 4096, targets: names, drafts: [], passSeconds: 0.002,
            brakes: Dictionary(uniqueKeysWithValues: names.map { ($0, HangingModel.Brake()) }),
            watch: PassWatch(least: 0.3, first: 5))
        try await withCluster(cluster, body)
    }

    /// Lets the pass of the busy target hang, and returns its name.
    private func hang(_ call: UInt64, _ client: TestClient, _ cluster: Cluster) async throws -> String {
        let before = await client.answer(call).tokens.count
        try await client.wait(within: 20) { $0.answer(call).tokens.count > before + 5 }
        for name in Self.names where await cluster.targets[name]?.load.sequences ?? 0 > 0 {
            // One that hangs keeps what it has.
            if cluster.brakes[name]!.isHanging { continue }
            cluster.brakes[name]!.hang()
            return name
        }
        throw ModelError.decodeFailed(code: 0)
    }

    @Test func theTextGoesOnAtAnotherTarget() async throws {
        try await self.withTargets(2) { cluster, client in
            let call = await client.begin(Self.request)
            let name = try await self.hang(call, client, cluster)
            let target = try #require(await cluster.targets[name])
            let failure = try #require(await target.failure())
            #expect(failure.seconds > 0.3 && "\(failure)".contains("does not answer any more"))
            #expect(!target.isReady)
            // Neither waits for the pass.
            await target.drain(for: .seconds(60))
            await target.stop()
            try await client.wait(within: 30) { $0.answer(call).isOver }
            let answer = await client.answer(call)
            #expect(answer.tokens == (try cluster.reference(Self.request)))
            #expect(answer.statistics?.resumptions == 1)
        }
    }

    /// As one that brings the process of its target down.
    @Test func aTextThatHangsTwoTargetsIsNotTriedOnAThird() async throws {
        try await self.withTargets(3) { cluster, client in
            let call = await client.begin(Self.request)
            for _ in 0..<2 { _ = try await self.hang(call, client, cluster) }
            try await client.wait(within: 30) { $0.answer(call).isOver }
            #expect(await client.answer(call).status?.code == .internalError)
            let other = try await client.generate(Request(prompt: "another", maxTokens: 8))
            #expect(other.status == nil && other.tokens.count == 8)
        }
    }

    @Test func whoStopsMeanwhileIsLetGoToo() async throws {
        try await self.withTargets(1) { cluster, client in
            let call = await client.begin(Self.request)
            let name = try await self.hang(call, client, cluster)
            let target = try #require(await cluster.targets[name])
            await target.drain(for: .seconds(60))
            await target.stop()
            #expect(await target.state.isPassing, "the pass still hangs")
        }
    }
}
