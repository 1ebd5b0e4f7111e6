import Executors
import ForetokenEngine
import ForetokenWire
import Roles
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

/// A pass that never ends takes its target, and no text, though the target's loop is alive.
///
/// Whether a pass is old enough is told by a clock of the test's own, so that none that is only slow is ever given up.
@Suite(.oneAtATime) struct StuckPassTests {
    private static let names = ["target", "second", "third"]
    private static let request = Request(prompt: "a very long story", maxTokens: 1500, lookahead: .off)

    private func withTargets(
        _ count: Int, usesDevice: Bool = true, watch: PassWatch = PassWatch(),
        _ body: (Cluster, TestClient) async throws -> Void
    ) async throws {
        let names = Array(Self.names.prefix(count))
        let brakes = names.map { ($0, HangingModel.Brake(usesDevice: usesDevice)) }
        let cluster = try await Cluster(
            context: 4096, targets: names, drafts: [], passSeconds: Cluster.hold,
            brakes: Dictionary(uniqueKeysWithValues: brakes), watch: watch)
        try await withCluster(cluster, body)
    }

    /// Lets a pass of the busy target hang, and returns that target.
    ///
    /// The text is held, so that it is still under way then.
    private func hang(_ call: UInt64, _ client: TestClient, _ cluster: Cluster) async throws -> TargetService {
        let before = await client.answer(call).tokens.count
        try await client.wait { $0.answer(call).tokens.count > before + 5 }
        var busy: [(TargetService, HangingModel.Brake)] = []
        for name in Self.names {
            // One that hangs keeps what it has.
            guard let target = await cluster.targets[name], let brake = cluster.brakes[name], !brake.isHanging,
                await target.load.sequences > 0
            else { continue }
            busy.append((target, brake))
        }
        try #require(busy.count == 1)
        let (target, brake) = busy[0]
        brake.hang()
        try await eventually { brake.isHanging }
        return target
    }

    /// Has it look once for each of so many seconds, in no time.
    private func look(at target: TargetService, for seconds: Int) async {
        let begin = target.loop.now
        for second in 1...seconds { await target.lookAtPass(now: begin + 1e6 + Double(second)) }
    }

    @Test func theTextGoesOnAtAnotherTarget() async throws {
        try await self.withTargets(2) { cluster, client in
            let call = await client.begin(Self.request)
            let target = try await self.hang(call, client, cluster)
            await self.look(at: target, for: 10)
            #expect(target.isReady, "it may still end")
            await self.look(at: target, for: 1000)
            let failure = try #require(await target.failure())
            #expect(failure.seconds > 59 && "\(failure)".contains("does not answer any more"))
            #expect(!target.isReady)
            // Neither waits for the pass.
            await target.drain(for: .seconds(60))
            await target.stop()
            await cluster.takePasses(of: 0)
            try await client.wait { $0.answer(call).isOver }
            let answer = await client.answer(call)
            #expect(answer.tokens == (try cluster.reference(Self.request)))
            #expect(answer.statistics?.resumptions == 1)
        }
    }

    /// As one that brings the process of its target down.
    @Test func aTextThatHangsTwoTargetsIsNotTriedOnAThird() async throws {
        try await self.withTargets(3) { cluster, client in
            let call = await client.begin(Self.request)
            for _ in 0..<2 { await self.look(at: try await self.hang(call, client, cluster), for: 1000) }
            try await client.wait { $0.answer(call).isOver }
            #expect(await client.answer(call).status?.code == .internalError)
            await cluster.takePasses(of: 0)
            let other = try await client.generate(Request(prompt: "another", maxTokens: 8))
            #expect(other.status == nil && other.tokens.count == 8)
        }
    }

    @Test func whoStopsMeanwhileIsLetGoToo() async throws {
        // Its own clock is looked at too, where every pass hangs.
        try await self.withTargets(1, watch: PassWatch(least: 0.1, first: 0.1)) { cluster, client in
            let brake = try #require(cluster.brakes["target"])
            brake.hang()
            _ = await client.begin(Self.request)
            let target = try #require(await cluster.targets["target"])
            #expect(await target.failure() != nil)
            await target.drain(for: .seconds(60))
            await target.stop()
            #expect(await target.state.isPassing, "the pass still hangs")
            #expect(brake.isHanging)
        }
    }

    /// The processor waits for nobody: its passes end, however late.
    @Test func aPassOfTheProcessorIsWaitedFor() async throws {
        try await self.withTargets(1, usesDevice: false) { cluster, client in
            let call = await client.begin(Self.request)
            let target = try await self.hang(call, client, cluster)
            await self.look(at: target, for: 10_000)
            #expect(target.isReady)
            await cluster.takePasses(of: 0)
            cluster.brakes["target"]?.goOn()
            try await client.wait { $0.answer(call).isOver }
            #expect(await client.answer(call).tokens == (try cluster.reference(Self.request)))
        }
    }
}
