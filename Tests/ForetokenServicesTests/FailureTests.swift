import ForetokenLinks
import ForetokenWire
import InProcess
import OrderedCollections
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices
@testable import Roles

/// Services that come and go change when tokens come, never which.
@Suite(.oneAtATime) struct FailureTests {
    /// Long enough that something can happen in its middle.
    static let long = Request(prompt: "a long story", maxTokens: 480, lookahead: "sync:fixed:4")

    /// A little way between draft and target.
    static let slow = Faults(delay: 0.004...0.005)

    @Test func draftThatStopsIsDoneWithout() async throws {
        try await withCluster(try await Cluster(passSeconds: Cluster.hold)) { cluster, client in
            cluster.network.setFaults(Self.slow, at: "far")
            let call = await client.begin(Self.long)
            try await client.wait { $0.answer(call).origins.contains(.accepted) }
            await cluster.stopDraft("draft")
            await cluster.takePasses(of: 0)
            try await client.wait { $0.answer(call).isOver }
            let answer = await client.answer(call)
            let reference = try cluster.reference(Self.long)
            #expect(answer.tokens == reference)
            #expect(answer.origins.suffix(20).allSatisfy { $0 == .plain })
        }
    }

    @Test func silentDraftIsNotWaitedForAndUsedAgainWhenItIsBack() async throws {
        try await withCluster(try await Cluster(passSeconds: Cluster.hold)) { cluster, client in
            cluster.network.setFaults(Self.slow, at: "far")
            let call = await client.begin(Self.long)
            try await client.wait { $0.answer(call).origins.contains(.accepted) }
            cluster.network.setFaults(.silence, at: "far")
            let before = await client.answer(call).tokens.count
            // What was under way may be accepted still.
            try await client.wait { $0.answer(call).origins.dropFirst(before).suffix(2) == [.plain, .plain] }
            #expect(await !client.answer(call).isOver)
            await cluster.takePasses(of: 0)
            try await client.wait { $0.answer(call).isOver }
            let reference = try cluster.reference(Self.long)
            #expect(await client.answer(call).tokens == reference)

            cluster.network.setFaults(nil, at: "far")
            try await eventually {
                let again = try await client.generate(
                    Request(prompt: "again", maxTokens: 60, lookahead: "sync:fixed:4"))
                return again.statistics!.acceptedTokens > 10
            }
        }
    }

    @Test func draftThatComesInMidTextJoins() async throws {
        let cluster = try await Cluster(context: 4096, drafts: ["draft"], passSeconds: Cluster.hold)
        try await withCluster(cluster) { cluster, client in
            await cluster.stopDraft("draft")
            let request = Request(
                prompt: "a long story", sampling: Sampling(temperature: 1), maxTokens: 2000, lookahead: "sync:fixed:4")
            let call = await client.begin(request)
            try await client.wait { $0.answer(call).tokens.count > 5 }
            let alone = await client.answer(call)
            #expect(!alone.isOver && !alone.origins.contains(.accepted))
            try await cluster.startDraft("draft")
            try await client.wait { $0.answer(call).origins.contains(.accepted) }
            // Not so fast that the target would wait for nobody.
            await cluster.takePasses(of: 0.004)
            try await client.wait { $0.answer(call).isOver }
            let reference = try cluster.reference(request)
            let answer = await client.answer(call)
            #expect(answer.tokens == reference)
            #expect(answer.origins.suffix(100).contains(.accepted))
        }
    }

    /// Whoever stops a service once more while it is stopping waits for the same end.
    @Test func servicesThatAreStoppedTwiceAtOnceStop() async throws {
        try await withCluster(try await Cluster(context: 4096, passSeconds: Cluster.hold)) { cluster, client in
            let call = await client.begin(Request(prompt: "a story", maxTokens: 2000, lookahead: "fixed:8"))
            try await client.wait { $0.answer(call).origins.contains(.accepted) }
            let (target, draft) = (try #require(await cluster.target), try #require(await cluster.drafts["draft"]))
            let ends = Recorder<String>()
            for stop in 1...3 {
                Task {
                    await target.stop()
                    ends.add("target \(stop)")
                }
                Task {
                    await draft.stop()
                    ends.add("draft \(stop)")
                }
            }
            #expect(try await ends.wait(for: 6).count == 6)
        }
    }

    @Test func lostTargetIsReplacedWhereTheTextStopped() async throws {
        try await withCluster(try await Cluster(context: 4096, passSeconds: Cluster.hold)) { cluster, client in
            cluster.network.setFaults(Self.slow, at: "far")
            let request = Request(prompt: "a very long story", maxTokens: 300, lookahead: "sync:fixed:2")
            let call = await client.begin(request)
            try await client.wait { $0.answer(call).tokens.count > 5 }
            await cluster.stopTarget()
            await cluster.takePasses(of: 0)
            try await cluster.startTarget()
            try await client.wait { $0.answer(call).isOver }
            let answer = await client.answer(call)
            let reference = try cluster.reference(request)
            #expect(answer.tokens == reference)
            #expect(answer.status == nil)
        }
    }

    /// The busy one of two targets vanishes; what it told, what its tokens tell and what the other tells are one measure.
    @Test(arguments: ["off", "sync:fixed:4"] as [LookaheadRule])
    func figuresOfATextThatTwoTargetsWroteAreOfOneMeasure(rule: LookaheadRule) async throws {
        let cluster = try await Cluster(
            context: 4096, targets: ["target", "other"], passSeconds: Cluster.hold, heartbeatMilliseconds: 2000)
        try await withCluster(cluster) { cluster, client in
            let request = Request(prompt: "a very long story", maxTokens: 1000, lookahead: rule)
            let call = await client.begin(request)
            // Longer than the second after which a target tells its statistics.
            try await client.wait { $0.answer(call).origins.count { $0 != .accepted } > 8 }
            var busy: String?
            for target in ["target", "other"] where await cluster.targets[target]!.load.sequences > 0 { busy = target }
            let passes = await client.answer(call).origins.count { $0 != .accepted }
            cluster.network.disconnect(try #require(busy))
            await cluster.takePasses(of: 0)
            try await client.wait { $0.answer(call).isOver }
            let answer = await client.answer(call)
            let reference = try cluster.reference(request)
            #expect(answer.tokens == reference)
            let statistics = try #require(answer.statistics)
            let own = answer.origins.count { $0 != .accepted }
            #expect(statistics.resumptions == 1)
            #expect(statistics.generatedTokens == answer.tokens.count)
            // The last token of a text may be an accepted one.
            #expect([own, own + 1].contains(statistics.targetPasses))
            #expect(statistics.acceptedTokens == answer.tokens.count - own)
            #expect(statistics.acceptedPerPosition.reduce(0, +) == statistics.acceptedTokens)
            #expect(statistics.draftTokens >= statistics.judgedTokens)
            #expect(statistics.judgedTokens >= statistics.acceptedTokens)
            // Of the target that vanished some passes were told, and not the last ones.
            #expect(statistics.timedPasses < statistics.targetPasses)
            #expect(statistics.timedPasses > statistics.targetPasses - passes)
            #expect(statistics.promptTokens == 17)
            if rule == "off" { #expect(statistics.acceptanceLength == 1) }
        }
    }

    @Test func textThatWasOnTwoLostTargetsIsNotTriedOnAThird() async throws {
        let targets = ["target", "second", "third"]
        let cluster = try await Cluster(
            slots: 2, context: 4096, targets: targets, drafts: [], passSeconds: Cluster.hold,
            heartbeatMilliseconds: 2000)
        try await withCluster(cluster) { cluster, client in
            let call = await client.begin(Request(prompt: "a very long story", maxTokens: 4000, lookahead: .off))
            for loss in 1...2 {
                let before = await client.answer(call).tokens.count
                try await client.wait { $0.answer(call).tokens.count > before + 5 }
                // One is cut off, and not back; the other is silent.
                let busy = try await Self.busy(of: targets, in: cluster)
                if loss == 1 { cluster.network.disconnect(busy) } else { cluster.network.setFaults(.silence, at: busy) }
            }
            try await client.wait { $0.answer(call).isOver }
            let status = try #require(await client.answer(call).status)
            #expect(status.code == .internalError)
            #expect(status.message.contains("2 targets were lost while they had this request"))
            let other = try await client.generate(Request(prompt: "another", maxTokens: 8))
            #expect(other.status == nil && !other.tokens.isEmpty)
            #expect(cluster.scrape["request_errors_total{code=\"INTERNAL\"}"] == 1)
        }
    }

    /// The target that works, after it was given the text.
    private static func busy(of targets: [String], in cluster: Cluster) async throws -> String {
        var busy: String?
        try await eventually("a target works") {
            for target in targets where await cluster.targets[target]!.load.sequences > 0 { busy = target }
            return busy != nil
        }
        return try #require(busy)
    }

    @Test func textSurvivesAnyNumberOfShortCuts() async throws {
        let cluster = try await Cluster(
            context: 4096, drafts: [], passSeconds: Cluster.hold, heartbeatMilliseconds: 2000)
        try await withCluster(cluster) { cluster, client in
            let request = Request(prompt: "a very long story", maxTokens: 600, lookahead: .off)
            let call = await client.begin(request)
            for _ in 0..<4 {
                let before = await client.answer(call).tokens.count
                try await client.wait { $0.answer(call).tokens.count > before + 5 }
                cluster.network.disconnect("target")
                cluster.network.reconnect("target")
            }
            await cluster.takePasses(of: 0)
            try await client.wait { $0.answer(call).isOver }
            let reference = try cluster.reference(request)
            let answer = await client.answer(call)
            #expect(answer.tokens == reference && answer.statistics?.resumptions == 4)
            #expect(answer.statistics?.generatedTokens == 600 && answer.statistics?.targetPasses == 600)
        }
    }

    @Test func targetThatLeavesHandsItsTextsOverOrEndsThem() async throws {
        let cluster = try await Cluster(
            context: 4096, targets: ["target", "other"], drafts: [], passSeconds: Cluster.hold,
            heartbeatMilliseconds: 60_000)
        try await withCluster(cluster) { cluster, client in
            let request = Request(prompt: "a very long story", maxTokens: 1000, lookahead: .off)
            let reference = try cluster.reference(request)
            let call = await client.begin(request)
            try await client.wait { $0.answer(call).tokens.count > 5 }
            let first = try await Self.busy(of: ["target", "other"], in: cluster)
            // It is over once its text has moved, long before the text ends.
            await cluster.targets[first]!.drain(for: .seconds(600))
            #expect(await !client.answer(call).isOver)
            await cluster.stopTarget(first)
            let before = await client.answer(call).tokens.count
            try await client.wait { $0.answer(call).tokens.count > before + 5 }
            // The last one has nobody to hand it to, and writes it to its end.
            let last = try #require(await cluster.targets[first == "target" ? "other" : "target"])
            async let drained: Void = last.drain(for: .seconds(600))
            try await eventually("it drains") { await last.load.isLeaving }
            await cluster.takePasses(of: 0)
            await drained
            try await client.wait { $0.answer(call).isOver }
            let answer = await client.answer(call)
            #expect(answer.tokens == reference && answer.statistics?.resumptions == 1)
        }
    }

    /// Both within a heartbeat, so that nobody is found missing.
    @Test func textGoesOnAfterAConnectionThatIsBackAtOnce() async throws {
        let cluster = try await Cluster(context: 4096, passSeconds: Cluster.hold, heartbeatMilliseconds: 2000)
        try await withCluster(cluster) { cluster, client in
            cluster.network.setFaults(Self.slow, at: "far")
            let request = Request(prompt: "a very long story", maxTokens: 1000, lookahead: "sync:fixed:2")
            let call = await client.begin(request)
            try await client.wait { $0.answer(call).tokens.count > 5 }
            cluster.network.disconnect("target")
            try await eventually { await cluster.target!.load.sequences == 0 }
            cluster.network.reconnect("target")
            await cluster.takePasses(of: 0)
            try await client.wait { $0.answer(call).isOver }
            let reference = try cluster.reference(request)
            #expect(await client.answer(call).tokens == reference)
            try await eventually { await cluster.drafts["draft"]!.load.sequences == 0 }
        }
    }

    @Test func tokensLostOnTheWayAreFetchedAgain() async throws {
        let cluster = try await Cluster(context: 4096, passSeconds: Cluster.hold, heartbeatMilliseconds: 2000)
        try await withCluster(cluster) { cluster, client in
            cluster.network.setFaults(Self.slow, at: "far")
            let request = Request(prompt: "a very long story", maxTokens: 1000, lookahead: "sync:fixed:2")
            let call = await client.begin(request)
            try await client.wait { $0.answer(call).tokens.count > 5 }
            cluster.network.setFaults(.silence, at: "target")
            let before = await cluster.target!.answerCount
            try await eventually { await cluster.target!.answerCount > before + 4 }
            cluster.network.setFaults(nil, at: "target")
            await cluster.takePasses(of: 0)
            try await client.wait { $0.answer(call).isOver }
            let answer = await client.answer(call)
            let reference = try cluster.reference(request)
            #expect(answer.tokens == reference)
            #expect(answer.status == nil)
            try await eventually { await cluster.target!.load.sequences == 0 }
        }
    }

    @Test func slotsAreFreeSoonAfterAClientVanishes() async throws {
        try await withCluster(try await Cluster(context: 4096, passSeconds: Cluster.hold)) { cluster, client in
            cluster.network.setFaults(Self.slow, at: "far")
            let other = try await TestClient(network: cluster.network, heartbeat: cluster.heartbeatMilliseconds)
            try await other.waitUntilUp()
            for _ in 0..<4 { _ = await other.begin(Request(prompt: "x", maxTokens: 4000, lookahead: "sync:fixed:1")) }
            try await eventually { await cluster.target!.load.sequences == 4 }
            await other.vanish()
            try await eventually { await cluster.target!.load.sequences == 0 }
            try await eventually { await cluster.drafts["draft"]!.load.sequences == 0 }
            _ = client
        }
    }

    @Test func slotsAreFreeWithinTwoHeartbeatsOfAClientsSilence() async throws {
        let cluster = try await Cluster(context: 4096, passSeconds: Cluster.hold, heartbeatMilliseconds: 2000)
        try await withCluster(cluster) { cluster, client in
            cluster.network.setFaults(Self.slow, at: "far")
            cluster.network.setAlias("lobby", of: "coordinator")
            let other = try await TestClient(
                network: cluster.network, heartbeat: cluster.heartbeatMilliseconds, address: "lobby")
            try await other.waitUntilUp()
            for _ in 0..<4 { _ = await other.begin(Request(prompt: "x", maxTokens: 4000, lookahead: "sync:fixed:1")) }
            try await eventually { await cluster.target!.load.sequences == 4 }
            // Frozen: the connection stays, but nothing comes any more.
            let (seconds, longestAnswer) = try await client.seconds(
                from: { cluster.network.setFaults(.silence, at: "lobby") }, until: { $0.load.sequences == 0 })
            // Whoever is kept from its work answers as late as it looks at the clock.
            #expect(seconds < 2 * Double(cluster.heartbeatMilliseconds) / 1000 + 2 * longestAnswer)
            try await eventually { await cluster.target!.load.sequences == 0 }
            await other.close()
        }
    }

    @Test func cancelFreesTheSlotAndEndsTheCall() async throws {
        try await withCluster(try await Cluster(passSeconds: Cluster.hold)) { cluster, client in
            cluster.network.setFaults(Self.slow, at: "far")
            let call = await client.begin(Self.long)
            try await client.wait { !$0.answer(call).tokens.isEmpty }
            await client.cancel(call)
            try await client.wait { $0.answer(call).isOver }
            #expect(await client.answer(call).status?.code == .cancelled)
            try await eventually { await cluster.target!.load.sequences == 0 }
        }
    }

    @Test func deadlineEndsTheCall() async throws {
        try await withCluster(try await Cluster(passSeconds: Cluster.hold)) { cluster, client in
            cluster.network.setFaults(Self.slow, at: "far")
            let answer = try await client.generate(Self.long, timeoutMilliseconds: 50)
            #expect(answer.status?.code == .deadlineExceeded)
            try await eventually { await cluster.target!.load.sequences == 0 }
        }
    }
}

extension TargetService {
    /// How much of the only sequence is committed; 0 where it is over.
    fileprivate var answerCount: Int { self.state.live.values.first?.sequence.answerCount ?? 0 }
}
