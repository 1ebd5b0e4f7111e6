import Foretoken
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whatever happens to a draft or a client, texts are whole and the target's own, and slots come back.
@Suite(.oneAtATime) struct LossTests {
    static let prompt = "import unittest"
    static let count = 96

    /// Generates, and does something once a few tokens are there.
    private func generate(with client: ForetokenClient, meanwhile act: () throws -> Void) async throws -> [UInt32] {
        let options = GenerationOptions(maxTokens: Self.count, lookahead: "fixed:4")
        var tokens: [UInt32] = []
        for try await piece in try await client.generate(Self.prompt, options: options) {
            tokens.append(piece.token)
            if tokens.count == 8 { try act() }
        }
        return tokens
    }

    @Test func draftKilled() async throws {
        let trio = try await Trio()
        try await withClient(of: trio.coordinator) { client in
            try await client.waitForDraft()
            let alone = try await client.tokens(Self.prompt, count: Self.count, lookahead: "off")
            let tokens = try await self.generate(with: client) { trio.draft.process.signal(SIGKILL) }
            #expect(tokens == alone)
            try await trio.coordinator.process.wait(for: "warning") { $0.error.contains("] Lost") }

            let draft = try await Service.draft(at: trio.draft.address)
            try await client.waitForDraft()
            #expect(try await client.tokens(Self.prompt, count: Self.count, lookahead: "fixed:4") == alone)
            _ = draft
        }
    }

    @Test func draftFrozen() async throws {
        let trio = try await Trio()
        try await withClient(of: trio.coordinator) { client in
            try await client.waitForDraft()
            let alone = try await client.tokens(Self.prompt, count: Self.count, lookahead: "off")
            let tokens = try await self.generate(with: client) { trio.draft.process.signal(SIGSTOP) }
            #expect(tokens == alone)
            try await trio.coordinator.process.wait(for: "warning") { $0.error.contains("] Lost") }
            #expect(try await client.tokens(Self.prompt, count: Self.count, lookahead: "fixed:4") == alone)
            trio.draft.process.signal(SIGCONT)
            try await client.waitForDraft()
            #expect(try await client.tokens(Self.prompt, count: Self.count, lookahead: "fixed:4") == alone)
        }
    }

    @Test func draftNeverStarted() async throws {
        let target = try await Service.target()
        // A port that was free a moment ago.
        let former = try await Service.draft()
        former.process.signal(SIGTERM)
        #expect(try await former.process.end().status == 0)
        let coordinator = try await Service.coordinator(target: target, drafts: [former.address])
        try await withClient(of: coordinator) { client in
            let alone = try await client.tokens(Self.prompt, count: Self.count, lookahead: "off")
            #expect(try await client.tokens(Self.prompt, count: Self.count, lookahead: "fixed:4") == alone)
            try await coordinator.process.wait(for: "warning") { $0.error.contains("No draft is ready") }
            let draft = try await Service.draft(at: former.address)
            try await client.waitForDraft()
            #expect(try await client.tokens(Self.prompt, count: Self.count, lookahead: "fixed:4") == alone)
            _ = draft
        }
    }

    @Test func clientKilled() async throws {
        let trio = try await Trio()
        try await withClient(of: trio.coordinator) { client in
            try await client.waitForDraft()
            let other = try RunningProcess([
                "generate", Self.prompt, "--max-tokens", "0", "--connect", trio.coordinator.address,
            ])
            try await eventually("it is served") { try await client.describe().load.sequences == 1 }
            other.signal(SIGKILL)
            let killed = ContinuousClock.now
            var longestAnswer = Duration.zero
            // Two heartbeats of a second, and longer where the machine keeps the coordinator from its work.
            try await eventually("slots are free") {
                let asked = ContinuousClock.now
                let deployment = try await client.describe()
                longestAnswer = max(longestAnswer, .now - asked)
                return deployment.load.sequences == 0 && deployment.targets[0].load.sequences == 0
            }
            let most = Duration.seconds(2) + longestAnswer * 2
            #expect(ContinuousClock.now - killed < most)
        }
    }

    @Test(
        arguments: zip(
            [SIGKILL, SIGTERM], [Prompt.chat([.system("Write code."), .user("Sort a list.")]), .text(Self.prompt)]))
    func coordinatorRestarted(_ signal: Int32, _ prompt: Prompt) async throws {
        let target = try await Service.target()
        let first = try await Service.coordinator(target: target, drafts: [])
        try await withClient(of: first) { client in
            let options = GenerationOptions(maxTokens: 400, lookahead: "off", logProbabilities: 1)
            let alone = try await client.complete(prompt, options: options)
            let generation = try await client.generate(prompt, options: options)
            var pieces: [Generation.Piece] = []
            var second: Service?
            for try await piece in generation {
                pieces.append(piece)
                if pieces.count == 8 {
                    first.process.signal(signal)
                    _ = try await first.process.end()
                    second = try await Service([
                        "coordinator", "--listen", first.address, "--target", target.address,
                    ])
                }
            }
            #expect(pieces.map(\.token) == alone.tokens)
            #expect(pieces.map(\.text).joined() == alone.text)
            // What was written before is read again in wider passes, which round otherwise.
            let logProbabilities = pieces.compactMap(\.logProbability?.logProbability)
            #expect(logProbabilities.count == alone.tokens.count)
            for (one, other) in zip(logProbabilities, try #require(alone.logProbabilities)) {
                #expect(abs(one - other.logProbability) < 0.02)
            }
            #expect(generation.statistics.resumptions == 1)
            _ = second
        }
    }
}
