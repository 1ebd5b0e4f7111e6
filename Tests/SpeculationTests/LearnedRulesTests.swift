internal import TestSupport
internal import Testing

@testable import Speculation

@Suite(.oneAtATime) struct LearnedRulesTests {
    static let token = DraftedToken(token: 1, probability: 0.9, entropy: 0.2, margin: 0.9)

    static func teach(_ lookahead: inout any Lookahead, rounds: Int) {
        for _ in 0..<rounds {
            var drafted: [DraftedToken] = []
            while lookahead.wantsMore(after: drafted) { drafted.append(Self.token) }
            lookahead.learn(accepted: drafted.count, of: drafted, seconds: 0.02)
        }
    }

    @Test func `The next sequence goes on where the last one ended`() throws {
        var rules = LearnedRules()
        var first = try #require(rules.makeLookahead(.bandit))
        Self.teach(&first, rounds: 7)
        #expect((first as? BanditLookahead)?.count == 8)
        #expect((rules.makeLookahead(.bandit) as? BanditLookahead)?.count == 1, "nothing is kept before the end")
        rules.keep(first, of: .bandit)
        var second = try #require(rules.makeLookahead(.bandit))
        #expect((second as? BanditLookahead)?.count == 8)
        Self.teach(&second, rounds: 3)
        #expect((rules.makeLookahead(.bandit) as? BanditLookahead)?.count == 8, "a copy, not the same")
        rules.keep(second, of: .bandit)
        #expect((rules.makeLookahead(.bandit) as? BanditLookahead)?.count == 11)
        #expect(rules.makeLookahead(.off) == nil)
    }

    @Test func `Another rule, or other parameters, begin from nothing`() throws {
        var rules = LearnedRules()
        var entropy = try #require(rules.makeLookahead(.entropy(threshold: 0.5)))
        Self.teach(&entropy, rounds: 20)
        rules.keep(entropy, of: .entropy(threshold: 0.5))
        let kept = rules.makeLookahead(.entropy(threshold: 0.5)) as? EntropyLookahead
        #expect(kept?.threshold == (entropy as? EntropyLookahead)?.threshold && kept?.threshold != 0.5)
        #expect((rules.makeLookahead(.entropy(threshold: 0.6)) as? EntropyLookahead)?.threshold == 0.6)
        #expect((rules.makeLookahead(.goodput) as? GoodputLookahead)?.count == 1)
    }

    @Test func `Ever other parameters do not fill the memory`() throws {
        var rules = LearnedRules()
        var bandit = try #require(rules.makeLookahead(.bandit))
        Self.teach(&bandit, rounds: 4)
        rules.keep(bandit, of: .bandit)
        for number in 1...15 { rules.keep(FixedLookahead(number), of: .fixed(number)) }
        #expect((rules.makeLookahead(.bandit) as? BanditLookahead)?.count == 5)
        rules.keep(FixedLookahead(16), of: .fixed(16))
        #expect((rules.makeLookahead(.bandit) as? BanditLookahead)?.count == 1, "the oldest gives way")
    }
}
