import Foretoken
import ForetokenWire
import Foundation
import Measurement
import TestSupport
import Testing

/// Strangers in any number hold nobody up: texts go on, nobody is taken for lost, and whoever has a key comes in.
///
/// `FORETOKEN_STRANGERS` says how many there are; `deploy/bench/strangers` runs it with 10,000.
@Suite(.oneAtATime, .enabled(if: ProcessUse.isKnown)) struct StrangersTests {
    private static let count =
        ProcessInfo.processInfo.environment["FORETOKEN_STRANGERS"].flatMap { Int($0) } ?? 400

    @Test func aCrowdLocksNobodyOut() async throws {
        let trio = try await EncryptedTrio()
        let services = ["coordinator": trio.coordinator, "target": trio.target]
        func use() throws -> [String: ProcessUse] {
            try services.mapValues { try #require(ProcessUse(of: $0.process.id)) }
        }
        func text(_ client: ForetokenClient) async throws -> [UInt32] {
            try await client.tokens("import Foundation", count: 100, lookahead: "fixed:4")
        }

        try await trio.withClient { client in
            try await client.waitForDraft()
            let alone = try await text(client)
            let before = try use()
            var most = before
            do {
                // Whoever says nothing is cut off when a handshake has had its time, and a busy machine may take longer for
                // a few texts: then another crowd comes.
                var crowds: [Crowd] = []
                try await eventually("all have been seen: \(most)") {
                    crowds = try [
                        Crowd(Self.count / 2, at: trio.coordinator, serverKey: trio.publicKey(of: .coordinator)),
                        Crowd(Self.count / 2, at: trio.target, serverKey: trio.publicKey(of: .target)),
                    ]
                    for _ in 0..<5 {
                        most.merge(try use()) { $0.files > $1.files ? $0 : $1 }
                        #expect(try await text(client) == alone)
                    }
                    return most.allSatisfy { $1.files > before[$0]!.files + Self.count / 8 }
                }
                let start = ContinuousClock.now
                #expect(try await trio.withClient(text) == alone, "whoever has a key comes in, too")
                print("strangers: \(Self.count); a new client's text took \(ContinuousClock.now - start); \(most)")
                withExtendedLifetime(crowds) {}
            }
            // What they held is given back while texts go on.
            var after = most
            try await eventually("it is given back: \(after), before: \(before)") {
                #expect(try await text(client) == alone)
                after = try use()
                return after.allSatisfy { $1.files <= before[$0]!.files + 8 }
            }
            for (name, after) in after {
                let grown = after.residentBytes - before[name]!.residentBytes
                #expect(grown < 16 << 20 + Self.count << 14, "\(name) has grown from \(before[name]!) to \(after)")
            }
            print("strangers: before \(before), after \(after)")
        }
        for (name, service) in services {
            let log = try await service.process.wait(for: "refusal by \(name)") { $0.error.contains("Refused") }.error
            #expect(!log.lowercased().contains("lost"), "\(name) has taken somebody for lost: \(log.suffix(2000))")
        }
    }
}
