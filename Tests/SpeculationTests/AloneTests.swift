internal import TestSupport
internal import Testing

@testable import Speculation

/// The round on one thread writes what the target's model writes by itself.
@Suite struct AloneTests {
    static let rules: [LookaheadRule] = [.off, .fixed(1), .fixed(4), .fixed(16), .heuristic, .cumulative(limit: 0.5)]

    @Test(arguments: Self.rules) func theTextIsTheTargetsOwn(rule: LookaheadRule) async throws {
        for seed: UInt64 in 0..<20 {
            let models = TinyModels(seed: seed)
            let prompt: [Token] = [1, 2, 3, 4, 5, Token(seed)]
            var sequence = TargetSequence(
                id: 1, prompt: prompt, endPosition: prompt.count + 80, vocabularySize: TinyModels.vocabularySize,
                now: 0)
            var (draftSlot, targetSlot, pieces): ([Token], [Token], [Piece]) = ([], [], [])
            var now: Seconds = 0
            try await writeAlone(
                &sequence, rule: rule.makeLookahead(), feed: 4,
                now: {
                    now += 0.001
                    return now
                },
                bytes: { _ in [] }, ends: { $0 == TinyModels.end },
                draft: { order in
                    try #require(draftSlot.count >= order.position)
                    draftSlot = draftSlot.prefix(order.position) + order.feed
                    var drafted: [DraftedToken] = []
                    while drafted.count < order.most, order.lookahead.wantsMore(after: drafted) {
                        drafted.append(models.draft(draftSlot + drafted.map(\.token)))
                    }
                    draftSlot += drafted.dropLast().map(\.token)
                    return (drafted, 0.001)
                },
                pass: { pass in
                    try #require(targetSlot.count >= pass.position)
                    targetSlot = targetSlot.prefix(pass.position) + pass.feed + pass.candidates
                    guard pass.chooses else { return (nil, 0.01) }
                    let first = pass.position + pass.feed.count
                    let walk = AcceptanceWalk(candidates: pass.candidates, ends: { $0 == TinyModels.end }) { row in
                        Choice(token: models.target(targetSlot.prefix(first + row)))
                    }
                    return (walk, 0.01)
                }, commit: { pieces += $0 })
            let expected = models.continuation(of: prompt, limit: 80)
            #expect(pieces.map(\.token) == expected, "seed \(seed)")
            #expect(sequence.finish == (expected.last == TinyModels.end ? .stop : .length))
            let accepted = sequence.statistics.acceptedTokens
            #expect((accepted > 0) == (rule != .off), "\(accepted) accepted with seed \(seed)")
            #expect(accepted == pieces.count { $0.origin == .accepted })
            #expect(sequence.statistics.missedBlocks == 0 && sequence.statistics.staleBlocks == 0)
        }
    }
}
