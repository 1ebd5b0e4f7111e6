import ForetokenLinks
import ForetokenWire
import InProcess
import Roles
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

/// What drafts and targets measure reaches the coordinator, the drafts' prices, and whoever asks.
@Suite(.oneAtATime) struct PricesTests {
    static func request(_ prompt: String, _ rule: LookaheadRule?, maxTokens: Int = 200) -> Request {
        Request(prompt: .text(prompt), maxTokens: maxTokens, lookahead: rule)
    }

    @Test func eachOfTwoDraftsPricesRowsAtTheRateOfBoth() async throws {
        let cluster = try await Cluster(context: 8192, drafts: ["one", "two"], passSeconds: 0.01)
        try await withCluster(cluster) { cluster, client in
            // Far enough that texts last, and that the drafts' rounds take as long as each other.
            cluster.network.setFaults(Faults(delay: 0.005...0.006), at: "far")
            let calls = [
                await client.begin(Self.request("first", "sync:fixed:3", maxTokens: 8000)),
                await client.begin(Self.request("second", "sync:fixed:3", maxTokens: 8000)),
            ]
            try await eventually {
                let total = try await client.describe().targets[0].target?.tokensPerSecond ?? 0
                for draft in ["one", "two"] {
                    guard let outlook = await cluster.drafts[draft]?.state.outlooks(of: "far")?.latest,
                        let own = outlook.book.targetRate.value
                    else { return false }
                    // Alone it sees about half of it.
                    guard own < 0.8 * total, outlook.targetRate > 0.8 * total else { return false }
                    let rows = outlook.context.price.rows
                    #expect(rows.allSatisfy { $0.isFinite && $0 >= 0 })
                }
                return true
            }
            for call in calls { await client.cancel(call) }
        }
    }

    @Test func theCoordinatorTellsWhatItKnows() async throws {
        // An instant target would be done before a draft on a busy machine has drafted anything.
        try await withCluster(try await Cluster(passSeconds: 0.005)) { cluster, client in
            let before = try await client.describe()
            #expect(before.targets[0].target == nil && before.drafts[0].drafts.isEmpty)
            cluster.network.setFaults(Faults(delay: 0.001...0.002), at: "far")
            try await eventually("the draft tells what it measured") {
                _ = try await client.generate(Self.request("a text", "sync:fixed:4"))
                return try await !client.describe().drafts[0].drafts.isEmpty
            }
            try await eventually("the target tells that it has nothing to do") {
                try await client.describe().targets[0].target?.rows == 0
            }
            let description = try await client.describe()
            let target = try #require(description.targets[0].target)
            #expect(target.tokensPerSecond > 0 && target.passTime.first?.rows == 1)
            #expect(target.passTime.allSatisfy { $0.seconds > 0 && $0.seconds < 60 })
            #expect(description.targets[0].drafts.isEmpty && description.drafts[0].target == nil)
            let draft = try #require(description.drafts[0].drafts.first)
            // By the address that the coordinator knows, not the one that drafts reach it at.
            #expect(draft.target == "target" && description.drafts[0].drafts.count == 1)
            #expect(draft.draftToken > 0 && draft.draftToken < 60)
            #expect(draft.roundTrip! > 0.002 && draft.roundTrip! < 60)
            #expect(draft.price > 0 && draft.price.isFinite)
            #expect(draft.lookahead > 0.5 && draft.lookahead <= 4)
            #expect((0.1...1).contains(draft.measuredAcceptance) && (0.1...1).contains(draft.predictedAcceptance))
            // What is lost is not described any more.
            await cluster.stopDraft("draft")
            try await eventually { try await client.describe().drafts[0].drafts.isEmpty }
        }
    }

    @Test func statisticsTellPricesAndPredictions() async throws {
        // Passes as long as a real model's: a price is in tokens, and of a target that writes a hundred thousand of
        // them in a second, one draft token that a busy machine held up is worth hundreds.
        try await withCluster(try await Cluster(passSeconds: 0.005)) { cluster, client in
            cluster.network.setFaults(Faults(delay: 0.001...0.002), at: "far")
            _ = try await client.generate(Self.request("first", "marginal"))
            var drafted: Statistics?
            // A target may be done before the draft's first block is there.
            try await eventually("a text is drafted") {
                drafted = try await client.generate(Self.request("second", "sync:fixed:4")).statistics
                return drafted?.rounds ?? 0 > 10
            }
            let statistics = try #require(drafted)
            #expect(statistics.judgedTokens >= statistics.acceptedTokens)
            #expect(statistics.judgedTokens <= statistics.acceptedTokens + statistics.rounds)
            #expect(statistics.predictedTokens == statistics.judgedTokens)
            let predicted = statistics.predictedAcceptances / Double(statistics.predictedTokens)
            let measured = Double(statistics.acceptedTokens) / Double(statistics.judgedTokens)
            #expect(predicted > 0.2 && predicted < 1 && abs(predicted - measured) < 0.4)
            #expect(statistics.pricedBlocks >= statistics.rounds)
            #expect(statistics.prices > 0 && statistics.prices / Double(statistics.pricedBlocks) < 10)
            #expect(statistics.draftTokenMicroseconds > 0 && statistics.draftTokenMicroseconds < 1e6)
            let alone = try await client.generate(Self.request("third", "off"))
            #expect(alone.statistics?.pricedBlocks == 0 && alone.statistics?.judgedTokens == 0)
        }
    }

    @Test func whatARuleLearnedOutlivesTheRequest() async throws {
        try await withCluster(try await Cluster(passSeconds: 0.002)) { cluster, client in
            cluster.network.setFaults(Faults(delay: 0.001...0.002), at: "far")
            // Tries every number once, in order, in rounds that a pass has checked. What a fast target writes before the
            // first block is there has none, so the text is long.
            try await eventually {
                _ = try await client.generate(Self.request("a text", "sync:bandit", maxTokens: 400))
                let rule = await cluster.drafts["draft"]?.state.outlooks(of: "far")?.makeLookahead(
                    Outlooks.Kind(rule: .synchronous(.bandit), coupling: .greedy))
                return (rule as? BanditLookahead)?.count ?? 0 > 6
            }
        }
    }

    @Test func aDraftThatHardlyEverDraftsIsLeftAlone() async throws {
        // Nothing is ever accepted, and the target takes no time.
        try await withCluster(try await Cluster(agreement: 0)) { cluster, client in
            cluster.network.setFaults(Faults(delay: 0.001...0.002), at: "far")
            try await eventually {
                _ = try await client.generate(Self.request("a text", nil))
                return try await client.describe().drafts[0].drafts.first?.abstains == true
            }
            var withoutDraft = 0
            for number in 0..<16 {
                let answer = try await client.generate(Self.request("text \(number)", nil, maxTokens: 4))
                if answer.statistics?.pricedBlocks == 0 { withoutDraft += 1 }
            }
            #expect(withoutDraft >= 12)
        }
    }
}
