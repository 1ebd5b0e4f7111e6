import Executors
import ForetokenLinks
import ForetokenMetrics
import ForetokenWire
import Foundation
import InProcess
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

/// What a coordinator counts is what happened.
@Suite(.oneAtATime) struct MetricsTests {
    static let near = Faults(delay: 0.001...0.002)

    @Test func countersEqualTheStatisticsOfTextsExactly() async throws {
        try await withCluster(try await Cluster()) { cluster, client in
            cluster.network.setFaults(Self.near, at: "far")
            var texts: [Statistics] = []
            func write(_ rule: LookaheadRule) async throws -> Statistics {
                let answer = try await client.generate(Request(prompt: "a text", maxTokens: 120, lookahead: rule))
                texts.append(try #require(answer.statistics))
                return texts[texts.count - 1]
            }
            let alone = try await write("off")
            #expect(alone.blockBytes == 0 && alone.rounds == 0)
            _ = try await write("marginal")
            // A target may be done before the draft's first block is there.
            try await eventually("a text is drafted") {
                let drafted = try await write("sync:fixed:4")
                return drafted.acceptedTokens > 20 && drafted.blockBytes > 1000 && drafted.verdictBytes > 1000
            }
            let scrape = cluster.scrape
            func expect(
                _ series: String, _ value: (Statistics) -> Int, _ place: SourceLocation = #_sourceLocation
            ) {
                let sum = texts.reduce(0) { $0 + value($1) }
                #expect(scrape[series] == Double(sum), "\(series)", sourceLocation: place)
            }
            expect("prompt_tokens_total") { $0.promptTokens }
            expect("prompt_tokens_reused_total") { $0.reusedTokens }
            expect("generation_tokens_total") { $0.generatedTokens }
            expect("spec_decode_num_drafts_total") { $0.rounds }
            expect("spec_decode_num_draft_tokens_total") { $0.draftTokens }
            expect("spec_decode_num_accepted_tokens_total") { $0.acceptedTokens }
            for place in 0..<16 {
                expect("spec_decode_num_accepted_tokens_per_pos_total{position=\"\(place)\"}") {
                    $0.acceptedPerPosition[place]
                }
            }
            expect("spec_decode_num_accepted_tokens_per_pos_total{position=\"16+\"}") { $0.acceptedPerPosition[16] }
            expect("target_passes_total") { $0.targetPasses }
            expect("stale_blocks_total") { $0.staleBlocks }
            expect("missed_blocks_total") { $0.missedBlocks }
            expect("draft_link_bytes_total{direction=\"to_target\"}") { Int($0.blockBytes) }
            expect("draft_link_bytes_total{direction=\"to_draft\"}") { Int($0.verdictBytes) }
            expect("inter_token_latency_seconds_count") { $0.generatedTokens - 1 }
            for series in ["time_to_first_token_seconds_count", "e2e_request_latency_seconds_count"] {
                #expect(scrape[series] == Double(texts.count))
            }
            let finished = ["stop", "length"].map { scrape["request_success_total{finished_reason=\"\($0)\"}"] ?? 0 }
            #expect(finished.reduce(0, +) == Double(texts.count))
            for (series, value) in [
                ("generation_seconds_total", texts.reduce(0) { $0 + $1.generationMicroseconds }),
                ("target_alone_seconds_total", texts.reduce(0) { $0 + $1.aloneMicroseconds }),
            ] {
                #expect(abs((scrape[series] ?? 0) - Double(value) * 1e-6) < 1e-9, "\(series)")
                #expect(value > 0)
            }
            let bytes = texts.reduce(0) { $0 + Double($1.blockBytes + $1.verdictBytes) }
            let accepted = texts.reduce(0) { $0 + Double($1.acceptedTokens) }
            try await eventually {
                cluster.scrape["draft_link_bytes_per_accepted_token"] == bytes / accepted
                    && cluster.scrape["speedup_ratio"] ?? 0 > 0
            }
        }
    }

    @Test func aLongTextIsCountedBeforeItsEnd() async throws {
        try await withCluster(try await Cluster(context: 8192, passSeconds: 0.05)) { cluster, client in
            let call = await client.begin(Request(prompt: "a text", maxTokens: 8000, lookahead: "sync:fixed:4"))
            try await eventually {
                cluster.scrape["spec_decode_num_drafts_total"] ?? 0 > 0 && cluster.scrape["num_requests_running"] == 1
            }
            #expect(await !client.answer(call).isOver)
            #expect(await client.answer(call).statistics == nil, "clients are told once")
            await client.cancel(call)
            try await eventually { cluster.scrape["request_errors_total{code=\"CANCELLED\"}"] == 1 }
            try await eventually { cluster.scrape["num_requests_running"] == 0 }
        }
    }

    @Test func theUseOfKVCellsRisesWithATextAndFallsWithItsEnd() async throws {
        try await withCluster(try await Cluster(slots: 2, context: 512, passSeconds: Cluster.hold)) { cluster, client in
            let each = "target_kv_cache_usage_perc{target=\"target\"}"
            #expect(cluster.scrape["kv_cache_usage_perc"] == 0)
            let call = await client.begin(Request(prompt: "a text", maxTokens: 500, lookahead: "off"))
            try await eventually {
                let use = (cluster.scrape["kv_cache_usage_perc"] ?? 0, cluster.scrape[each] ?? 0)
                return use.0 > 0.02 && use.0 <= 0.5 && use.1 > 0.02 && use.1 <= 0.5
            }
            await client.cancel(call)
            try await eventually {
                cluster.scrape["kv_cache_usage_perc"] == 0 && cluster.scrape[each] == 0
            }
        }
    }

    @Test func aCoordinatorIsReadyWhileATargetIsThere() async throws {
        try await withCluster(try await Cluster(drafts: [])) { cluster, _ in
            let coordinator = try #require(await cluster.coordinator)
            try await eventually { coordinator.isReady }
            await cluster.stopTarget()
            try await eventually { !coordinator.isReady }
            try await cluster.startTarget()
            try await eventually { coordinator.isReady }
        }
    }

    @Test func theTargetAloneIsAsFastAsItself() async throws {
        // Passes that take much longer than what a busy machine puts between them.
        try await withCluster(try await Cluster(drafts: [], passSeconds: 0.2)) { _, client in
            let answer = try await client.generate(Request(prompt: "a text", maxTokens: 10, lookahead: "off"))
            let statistics = try #require(answer.statistics)
            let speedup = Double(statistics.aloneMicroseconds) / Double(statistics.generationMicroseconds)
            #expect(speedup > 0.5 && speedup <= 1.001)
        }
    }

    @Test func aDraftThatTakesOverIsCountedOnce() async throws {
        let cluster = try await Cluster(
            context: 4096, drafts: ["one", "two"], passSeconds: Cluster.hold, heartbeatMilliseconds: 2000)
        try await withCluster(cluster) { cluster, client in
            cluster.network.setFaults(FailureTests.slow, at: "far")
            let call = await client.begin(Request(prompt: "a story", maxTokens: 4000, lookahead: "sync:fixed:2"))
            try await client.wait { $0.answer(call).origins.contains(.accepted) }
            var busy: String?
            for draft in ["one", "two"] where await cluster.drafts[draft]!.load.sequences > 0 { busy = draft }
            await cluster.stopDraft(try #require(busy))
            try await eventually { cluster.scrape["failovers_total{role=\"draft\"}"] == 1 }
            let before = await client.answer(call).tokens.count
            try await client.wait { $0.answer(call).origins.dropFirst(before).contains(.accepted) }
            #expect(cluster.scrape["failovers_total{role=\"draft\"}"] == 1)
            #expect(cluster.scrape["failovers_total{role=\"target\"}"] == 0)
            await client.cancel(call)
        }
    }

    @Test func aTargetThatTakesOverIsCountedOnceAndNoTokenTwice() async throws {
        let cluster = try await Cluster(context: 4096, passSeconds: Cluster.hold, heartbeatMilliseconds: 2000)
        try await withCluster(cluster) { cluster, client in
            cluster.network.setFaults(FailureTests.slow, at: "far")
            let call = await client.begin(
                Request(prompt: "a very long story", maxTokens: 300, lookahead: "sync:fixed:2"))
            try await client.wait { $0.answer(call).tokens.count > 5 }
            await cluster.stopTarget()
            await cluster.takePasses(of: 0)
            try await cluster.startTarget()
            try await client.wait { $0.answer(call).isOver }
            let answer = await client.answer(call)
            let scrape = cluster.scrape
            #expect(scrape["failovers_total{role=\"target\"}"] == 1)
            #expect(scrape["generation_tokens_total"] == Double(answer.tokens.count))
            #expect(scrape["time_to_first_token_seconds_count"] == 1)
            #expect(scrape["inter_token_latency_seconds_count"] == Double(answer.tokens.count - 1))
        }
    }

    @Test func errorsAreCountedByTheirCode() async throws {
        try await withCluster(try await Cluster()) { cluster, client in
            _ = try await client.generate(Request(prompt: ""))
            _ = try await client.generate(Request(prompt: "a text", committed: [1 << 20]))
            _ = try await client.generate(Request(prompt: .tokens([1 << 20])))
            await cluster.takePasses(of: Cluster.hold)
            _ = try await client.generate(FailureTests.long, timeoutMilliseconds: 50)
            #expect(cluster.scrape["request_errors_total{code=\"INVALID_ARGUMENT\"}"] == 3)
            #expect(cluster.scrape["request_errors_total{code=\"DEADLINE_EXCEEDED\"}"] == 1)
            #expect(cluster.scrape["request_errors_total{code=\"INTERNAL\"}"] == 0)
        }
    }

    @Test func gaugesShowThePresentAndVanishWithWhatTheyAreOf() async throws {
        try await withCluster(try await Cluster(slots: 3)) { cluster, client in
            cluster.network.setFaults(Self.near, at: "far")
            let pair = "{draft=\"draft\",target=\"target\"}"
            try await eventually("a lookahead is told") {
                _ = try await client.generate(Request(prompt: "a text", maxTokens: 100, lookahead: "sync:fixed:4"))
                return cluster.scrape["lookahead_tokens\(pair)"] ?? 0 > 1
            }
            let scrape = cluster.scrape
            for (role, name) in [("target", "target"), ("draft", "draft")] {
                #expect(scrape["\(role)_up{\(role)=\"\(name)\"}"] == 1)
                #expect(scrape["\(role)_slots{\(role)=\"\(name)\"}"] == 3)
                #expect(scrape["\(role)_slots_busy{\(role)=\"\(name)\"}"] != nil)
            }
            #expect(scrape["num_requests_waiting"] == 0)
            #expect(scrape["target_pass_seconds{rows=\"1\",target=\"target\"}"] ?? 0 > 0)
            #expect(scrape["target_tokens_per_second{target=\"target\"}"] ?? 0 > 0)
            for name in ["price_tokens", "round_trip_seconds", "draft_token_seconds", "acceptance_measured_ratio"] {
                #expect(scrape["\(name)\(pair)"] ?? 0 > 0, "\(name)")
            }
            await cluster.stopDraft("draft")
            try await eventually {
                let scrape = cluster.scrape
                return scrape["draft_up{draft=\"draft\"}"] == 0 && scrape["draft_slots{draft=\"draft\"}"] == nil
                    && scrape["lookahead_tokens\(pair)"] == nil
            }
        }
    }

    @Test func promtoolAcceptsTheMetricsOfARunWithTraffic() async throws {
        try await withCluster(try await Cluster()) { cluster, client in
            cluster.network.setFaults(Self.near, at: "far")
            _ = try await client.generate(Request(prompt: ""))
            try await eventually("a lookahead and a speed-up are told") {
                for rule in ["sync:fixed:4", "marginal"] as [LookaheadRule] {
                    _ = try await client.generate(Request(prompt: "a text", maxTokens: 80, lookahead: rule))
                }
                return cluster.scrape["lookahead_tokens{draft=\"draft\",target=\"target\"}"] != nil
                    && cluster.scrape["speedup_ratio"] != nil
            }
            let text = cluster.metrics.text
            for metric in Metric.allCases { #expect(text.contains("# TYPE \(metric.rawValue) "), "\(metric)") }
            let promtool = try Promtool()
            #expect(try promtool.check(text) == (0, ""))
            // It is not easily pleased.
            #expect(try promtool.check("# TYPE a_milliseconds counter\na_milliseconds 1\n").status == 3)
        }
    }

    @Test func messagesOfStrangersAreCounted() async throws {
        try await withCluster(try await Cluster()) { cluster, _ in
            let loop = cluster.network.makeLoop(name: "stranger")
            let network = cluster.network
            await withCheckedContinuation { continuation in
                loop.execute {
                    let link = try? network.connect(to: "coordinator", on: loop) { _ in }
                    _ = link?.send(Envelope(call: 1, .describe), to: .only)
                    continuation.resume()
                }
            }
            try await eventually { cluster.scrape["messages_dropped_total{reason=\"stranger\"}"] == 1 }
            #expect(cluster.scrape["messages_dropped_total{reason=\"malformed\"}"] == 0)
            loop.stop()
        }
    }

    /// Members refuse for themselves, and their coordinator tells it, whichever start of them it was.
    @Test func refusalsOfMembersAreCountedAcrossRestarts() async throws {
        try await withCluster(try await Cluster()) { cluster, _ in
            let network = cluster.network
            let loop = network.makeLoop(name: "liar")
            defer { loop.stop() }
            func say(_ bodies: [Envelope.Body], to member: String) async {
                await withCheckedContinuation { continuation in
                    loop.execute {
                        let link = try? network.connect(to: member, on: loop) { _ in }
                        for body in bodies { _ = link?.send(Envelope(body), to: .only) }
                        continuation.resume()
                    }
                }
            }
            func series(_ role: Role, _ reason: RefusalReason) -> String {
                "refusals_total{reason=\"\(reason.rawValue)\",role=\"\(role.rawValue)\"}"
            }
            for role in [Role.coordinator, .target, .draft] {
                for reason in RefusalReason.allCases { #expect(cluster.scrape[series(role, reason)] == 0) }
            }
            let block = Block(sequence: 12345, position: 3, fingerprint: .empty, tokens: [1])
            let hello = Envelope.Body.hello(Hello(peer: Peer(role: .draft, name: "liar")))
            await say([hello, .block(block), .block(block)], to: "target")
            await say([.hello(Hello(peer: Peer(role: .client, name: "lost")))], to: "draft")
            try await eventually {
                cluster.scrape[series(.target, .sequence)] == 2 && cluster.scrape[series(.draft, .hello)] == 1
            }
            await cluster.stopTarget()
            try await cluster.startTarget()
            await say([hello, .block(block)], to: "target")
            try await eventually { cluster.scrape[series(.target, .sequence)] == 3 }
            #expect(cluster.scrape[series(.draft, .hello)] == 1 && cluster.scrape[series(.coordinator, .hello)] == 0)
        }
    }

    @Test func everyMetricIsInTheReadme() throws {
        let readme = try String(contentsOf: Promtool.root.appending(path: "deploy/guide/metrics.md"), encoding: .utf8)
        for metric in Metric.allCases {
            #expect(readme.contains("`\(metric.rawValue.dropFirst("foretoken_".count))"), "\(metric.rawValue)")
        }
    }
}
