import CommandSupport
import Foretoken
import ForetokenLinks
import Foundation
import LinkEmulator
import Logging
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Distance between draft and target, and trouble on the way, cost time and never a token.
@Suite(.oneAtATime) struct LinkTests {
    /// Services in this process, with a link between draft and target.
    private func withLink(_ body: (ForetokenClient, LinkEmulator) async throws -> Void) async throws {
        func choice(isExact: Bool) -> ModelChoice {
            ModelChoice(path: nil, threads: 1, context: nil, slots: 1, isExact: isExact)
        }
        let pair = try ModelPair(target: choice(isExact: true), draft: choice(isExact: false))
        let any = Service.anyPort
        var started: LinkEmulator?
        let trio = try await ServiceTrio(
            pair, at: .init(target: any, draft: any, coordinator: any),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { (target) async throws(LinkError) in
            let link = try LinkEmulator(to: target, settings: LinkSettings(delay: 0.002, jitter: 0.002, seed: 1))
            started = link
            return try await link.start()
        }
        let link = try #require(started)
        let client = ForetokenClient(address: trio.addresses.coordinator)
        let result: Result<Void, any Error>
        do {
            try await client.connect()
            result = .success(try await body(client, link))
        } catch {
            result = .failure(error)
        }
        await client.close()
        await trio.stop()
        await link.stop()
        try result.get()
    }

    @Test func textIsTheTargetsOwnWhateverTheLinkDoes() async throws {
        try await self.withLink { client, link in
            func options(_ rule: String) -> GenerationOptions {
                GenerationOptions(maxTokens: 96, temperature: 0.8, seed: 3, lookahead: rule)
            }
            try await client.waitForDraft()
            let alone = try await client.complete("import unittest", options: options("off")).tokens
            #expect(alone.count == 96)
            for trouble in ["none", "drop", "freeze"] {
                var tokens: [UInt32] = []
                for try await piece in try await client.generate("import unittest", options: options("fixed:4")) {
                    tokens.append(piece.token)
                    switch (trouble, tokens.count) {
                    case ("drop", 16): await link.drop()
                    case ("freeze", 16): await link.freeze()
                    case ("freeze", 64): await link.thaw()
                    default: break
                    }
                }
                #expect(tokens == alone, "\(trouble)")
            }
            try await client.waitForDraft()
        }
    }

    @Test func roundTripFollowsTheDelay() async throws {
        try await self.withLink { client, link in
            try await client.waitForDraft()
            await link.set(delay: 0.03)
            let options = GenerationOptions(maxTokens: 128, lookahead: "fixed:2")
            var roundTrip = 0.0
            try await eventually("the round trip is longer than \(roundTrip) s") {
                roundTrip = try await client.complete("import os", options: options).statistics.roundTripSeconds
                return roundTrip >= 0.06
            }
        }
    }

    @Test func commandPassesConnectionsOn() async throws {
        let target = try await Service.target()
        let link = try RunningProcess(bench: ["link", "--to", target.address, "--delay", "1", "--drop-after", "0.5"])
        let ready = try await link.wait(for: "ready line") { $0.output.contains("\n") }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(ready.output.utf8)) as? [String: Any])
        let address = try #require(object["address"] as? String)
        #expect(object["to"] as? String == target.address && object["delay_ms"] as? Double == 1)
        let coordinator = try await Service(["coordinator", "--listen", Service.anyPort, "--target", address])
        let ended = try await foretoken("generate", "import os", "--max-tokens", "16", "--connect", coordinator.address)
        #expect(ended.status == 0, "\(ended.error)")
        link.signal(SIGINT)
        #expect(try await link.end().status == 0)
    }

    @Test(arguments: [
        ["--delay=-1"], ["--bandwidth", "0"], ["--freeze-for", "1"], ["--drop-every", "0"], ["--listen", "nonsense"],
    ])
    func badValue(_ option: [String]) async throws {
        let ended = try await RunningProcess(bench: ["link", "--to", "tcp://127.0.0.1:1"] + option).end()
        #expect(ended.status == 64, "\(ended.error)")
    }
}
