import ForetokenEngine
import ForetokenLinks
import ForetokenWire
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

/// On a model whose text depends on the widths of passes, an exact target writes one text all the same.
@Suite(.oneAtATime) struct ExactServicesTests {
    /// Passes that agree are those of `least` to `most` rows, all wider ones, and all narrower ones.
    static func rounding(least: Int, most: Int, sharesCalls: Bool = true, isExact: Bool = true) -> Rounding {
        var kinds = [least...most, most + 1...4096]
        if least > 1 { kinds.insert(1...least - 1, at: 0) }
        return Rounding(
            kinds: kinds,
            exact: isExact ? ExactPasses(least: least, most: most, sharesCalls: sharesCalls) : nil)
    }

    static let roundings = [
        rounding(least: 1, most: 7), rounding(least: 2, most: 7), rounding(least: 3, most: 5),
        rounding(least: 1, most: 7, sharesCalls: false), rounding(least: 1, most: 64), rounding(least: 2, most: 64),
    ]

    /// Of one beginning, so that they find each other's rows; short and long, of whole pieces and others.
    private static func requests(_ count: Int) -> [Request] {
        (0..<count).map { number in
            Request(
                prompt: .text(String(PrefixReuseTests.prompt.prefix(20 + 23 * (number % 6))) + "\(number % 4)"),
                sampling: Sampling(temperature: number % 2 == 0 ? 0 : 0.8, seed: UInt64(number % 3)), maxTokens: 40,
                lookahead: ["off", "fixed:3", "fixed:12", "marginal", "sync:fixed:6"][number % 5])
        }
    }

    @Test(arguments: roundings) func everyTextIsThatOfPassesOfItsOwn(_ rounding: Rounding) async throws {
        let cluster = try await Cluster(slots: 4, passSeconds: 0.0005, rounding: rounding)
        try await withCluster(cluster) { cluster, client in
            var calls: [(UInt64, Request)] = []
            for (number, request) in Self.requests(40).enumerated() {
                calls.append((await client.begin(request), request))
                if number % 6 == 5 { await client.cancel(calls[number - 2].0) }
            }
            var (reused, accepted) = (0, 0)
            for (index, (call, request)) in calls.enumerated() {
                try await client.wait { $0.answer(call).isOver }
                let answer = await client.answer(call)
                let expected = try cluster.exactText(request)
                #expect(
                    answer.tokens[...] == expected.prefix(answer.tokens.count),
                    "call \(index), \(request.lookahead?.description ?? "")")
                if answer.status == nil { #expect(answer.tokens.count == expected.count, "call \(index)") }
                reused += answer.statistics?.reusedTokens ?? 0
                accepted += answer.statistics?.acceptedTokens ?? 0
            }
            #expect(reused > 200 && accepted > 100, "\(reused) reused, \(accepted) accepted")
        }
    }

    @Test func aTextGoesOnTheSameOnAnotherTarget() async throws {
        let cluster = try await Cluster(context: 1024, passSeconds: Cluster.hold, rounding: Self.roundings[1])
        try await withCluster(cluster) { cluster, client in
            let request = Request(prompt: .text(PrefixReuseTests.prompt), maxTokens: 300, lookahead: "fixed:4")
            let call = await client.begin(request)
            try await client.wait { $0.answer(call).tokens.count > 5 }
            await cluster.stopTarget()
            await cluster.takePasses(of: 0)
            try await cluster.startTarget()
            try await client.wait { $0.answer(call).isOver }
            let expected = try cluster.exactText(request)
            #expect(await client.answer(call).tokens == expected)
        }
    }

    /// Or else the tests above would prove nothing.
    @Test func withoutExactnessTextsDiffer() async throws {
        let rounding = Self.rounding(least: 1, most: 7, isExact: false)
        let cluster = try await Cluster(slots: 4, passSeconds: 0.0005, rounding: rounding)
        try await withCluster(cluster) { cluster, client in
            var different = 0
            for request in Self.requests(10) {
                let answer = try await client.generate(request)
                if answer.tokens != (try cluster.exactText(request)) { different += 1 }
            }
            #expect(different > 2)
        }
    }
}
