internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct OutlooksTests {
    static let token = DraftedToken(token: 1, probability: 0.9, entropy: 0.2, margin: 0.9)

    static func kind(_ rule: LookaheadRule) -> Outlooks.Kind { Outlooks.Kind(rule: rule, coupling: .gumbel) }

    static func teach(_ lookahead: inout any Lookahead, rounds: Int) {
        for _ in 0..<rounds {
            var drafted: [DraftedToken] = []
            while lookahead.wantsMore(after: drafted) { drafted.append(Self.token) }
            lookahead.learn(accepted: drafted.count, of: drafted, seconds: 0.02)
        }
    }

    @Test func theNextSequenceGoesOnWhereTheLastOneEnded() throws {
        var rules = Outlooks()
        var first = try #require(rules.makeLookahead(Self.kind(.bandit)))
        Self.teach(&first, rounds: 7)
        #expect((first as? BanditLookahead)?.count == 8)
        #expect(
            (rules.makeLookahead(Self.kind(.bandit)) as? BanditLookahead)?.count == 1, "nothing is kept before the end")
        rules.keep(first, of: Self.kind(.bandit))
        var second = try #require(rules.makeLookahead(Self.kind(.bandit)))
        #expect((second as? BanditLookahead)?.count == 8)
        Self.teach(&second, rounds: 3)
        #expect((rules.makeLookahead(Self.kind(.bandit)) as? BanditLookahead)?.count == 8, "a copy, not the same")
        rules.keep(second, of: Self.kind(.bandit))
        #expect((rules.makeLookahead(Self.kind(.bandit)) as? BanditLookahead)?.count == 11)
        #expect(rules.makeLookahead(Self.kind(.off)) == nil)
    }

    @Test func anotherRuleOrOtherParametersBeginFromNothing() throws {
        var rules = Outlooks()
        var entropy = try #require(rules.makeLookahead(Self.kind(.entropy(threshold: 0.5))))
        Self.teach(&entropy, rounds: 20)
        rules.keep(entropy, of: Self.kind(.entropy(threshold: 0.5)))
        let kept = rules.makeLookahead(Self.kind(.entropy(threshold: 0.5))) as? EntropyLookahead
        #expect(kept?.threshold == (entropy as? EntropyLookahead)?.threshold && kept?.threshold != 0.5)
        #expect((rules.makeLookahead(Self.kind(.entropy(threshold: 0.6))) as? EntropyLookahead)?.threshold == 0.6)
        #expect((rules.makeLookahead(Self.kind(.goodput)) as? GoodputLookahead)?.count == 1)
    }

    @Test func everOtherParametersDoNotFillTheMemory() throws {
        var rules = Outlooks()
        var bandit = try #require(rules.makeLookahead(Self.kind(.bandit)))
        Self.teach(&bandit, rounds: 4)
        rules.keep(bandit, of: Self.kind(.bandit))
        for number in 1...15 { rules.keep(FixedLookahead(number), of: Self.kind(.fixed(number))) }
        #expect((rules.makeLookahead(Self.kind(.bandit)) as? BanditLookahead)?.count == 5)
        rules.keep(FixedLookahead(16), of: Self.kind(.fixed(16)))
        #expect((rules.makeLookahead(Self.kind(.bandit)) as? BanditLookahead)?.count == 1, "the oldest gives way")
    }

    @Test func anotherKindKnowsTheCostsAndNothingOfRatesAndAcceptance() throws {
        var outlooks = Outlooks()
        outlooks[Self.kind(.marginal)].learnDrafting(tokens: 4, seconds: 0.04)
        var verdict = Verdict(sequence: 1, position: 0, tokens: [], fingerprint: TokenHistory([1]).fingerprint)
        (verdict.rows, verdict.passMicroseconds, verdict.sentMicroseconds) = (1, 50_000, 7)
        outlooks[Self.kind(.marginal)].learn(verdict, committed: 1, seconds: 0.05, roundTrip: 0.02, now: 1)
        let other = outlooks[Self.kind(.fixed(4))]
        #expect(other.book.draftToken == 0.01 && other.book.roundTrip == 0.02)
        #expect(abs(other.book.passTime.seconds(rows: 1) - 0.05) < 1e-9)
        #expect(other.book.rate.value == nil)
        #expect(outlooks[Self.kind(.marginal)].book.rate.value == 20)
        #expect(outlooks.latest?.book.rate.value == 20, "reading is no use")
    }

    @Test func whatIsToldIsOfTheRuleThatPricesAsLongAsThereIsOne() {
        var outlooks = Outlooks()
        outlooks[Self.kind(.fixed(4))].learnDrafting(tokens: 1, seconds: 0.01)
        #expect(outlooks.telling?.book.draftToken == 0.01)
        outlooks[Self.kind(.marginal)].learnDrafting(tokens: 1, seconds: 0.03)
        outlooks[Self.kind(.fixed(4))].learnDrafting(tokens: 1, seconds: 0.01)
        #expect(outlooks.telling == outlooks[Self.kind(.marginal)])
    }

    @Test func aQuoteIsToldToEveryKindThoseToComeAsWell() throws {
        var outlooks = Outlooks()
        outlooks[Self.kind(.marginal)].learnDrafting(tokens: 4, seconds: 0.04)
        outlooks.take(
            TargetReport(tokensPerSecond: 300, rows: 6, passTime: [.init(rows: 1, seconds: 0.01)]), now: 1)
        #expect(outlooks[Self.kind(.marginal)].targetRate == 300)
        #expect(outlooks[Self.kind(.bandit)].targetRate == 300)
    }

    @Test func aHeartbeatTellsTheRoundTripWhereNoBlockHasMeasuredItOfLate() throws {
        var outlooks = Outlooks()
        outlooks.hear(roundTrip: 0.3, now: 0)
        #expect(outlooks[Self.kind(.marginal)].book.roundTrip == 0.3)
        var verdict = Verdict(sequence: 1, position: 0, tokens: [], fingerprint: TokenHistory([1]).fingerprint)
        (verdict.rows, verdict.passMicroseconds, verdict.sentMicroseconds) = (2, 50_000, 7)
        outlooks[Self.kind(.marginal)].learn(verdict, committed: 1, seconds: 0.05, roundTrip: 0.02, now: 10)
        outlooks.hear(roundTrip: 0.1, now: 10.5)
        #expect(outlooks[Self.kind(.marginal)].book.roundTrip == 0.02)
        verdict.sentMicroseconds = 0
        outlooks[Self.kind(.marginal)].learn(verdict, committed: 1, seconds: 0.05, roundTrip: 0.02, now: 12)
        outlooks.hear(roundTrip: 0.1, now: 12)
        #expect(outlooks[Self.kind(.marginal)].book.roundTrip == 0.1, "news of the target alone measures nothing")
        outlooks.hear(roundTrip: .nan, now: 14)
        #expect(outlooks[Self.kind(.marginal)].book.roundTrip == 0.1)
    }

    /// As a target tells that has one sequence.
    static func verdict(rows: Int) -> Verdict {
        var verdict = Verdict(sequence: 1, position: 0, tokens: [], fingerprint: TokenHistory([1]).fingerprint)
        (verdict.rows, verdict.verified, verdict.passMicroseconds) = (rows, rows - 1, 50_000)
        return verdict
    }

    @Test func rowsThatAQuoteToldOfWhileThisDraftWasSilentAreForgottenWithTheFirstOwnPass() {
        var outlook = Outlook()
        outlook.learnDrafting(tokens: 4, seconds: 0.004)
        outlook.learn(Self.verdict(rows: 1), committed: 1, seconds: 0.05, roundTrip: nil, now: 0)
        let alone = outlook.context.price
        let report = TargetReport(
            tokensPerSecond: 20, rows: 9, passTime: [.init(rows: 1, seconds: 0.05), .init(rows: 2, seconds: 0.08)])
        outlook.take(report, now: 30)
        #expect(outlook.context.price != alone)
        outlook.learn(Self.verdict(rows: 1), committed: 1, seconds: 0.05, roundTrip: nil, now: 60)
        #expect(abs(outlook.context.price.row(at: 0) - 20 * 0.03) < 0.05)
        #expect(outlook.context.price.knowsAlone)
    }

    @Test func theTimeBetweenRequestsIsNotTheTargets() {
        var outlook = Outlook()
        for pass in 0..<50 {
            outlook.learn(
                Self.verdict(rows: 1), committed: 1, seconds: 0.05, roundTrip: nil, now: Double(pass) * 0.05)
        }
        outlook.learn(Self.verdict(rows: 1), committed: 1, seconds: nil, roundTrip: nil, now: 5)
        outlook.learn(Self.verdict(rows: 1), committed: 1, seconds: 0.05, roundTrip: nil, now: 300)
        #expect(abs((outlook.book.targetRate.value ?? 0) - 20) < 0.1)
    }

    @Test(arguments: [false, true]) func noQuoteEndsADraft(takesTurns: Bool) {
        var outlook = Outlook(takesTurns: takesTurns)
        outlook.learnDrafting(tokens: 4, seconds: 0.004)
        for rows in [1e300, 0.5, 2_147_483_647] {
            outlook.take(
                TargetReport(
                    tokensPerSecond: 1e300, rows: rows, sequences: .max >> 1,
                    passTime: [.init(rows: 1, seconds: .leastNonzeroMagnitude)]),
                now: 1)
            #expect(outlook.context.price.rows.allSatisfy { !$0.isNaN })
            #expect(outlook.report(of: "t").map { $0.surplus?.isFinite ?? true } == true)
        }
    }

    /// Two sequences write a token each in 50 ms, and a block of one draft token brings 0.8 more; rows cost nothing.
    private static func inTurn(prompt: Seconds, rounds: Int = 200) -> Outlook {
        var outlook = Outlook(takesTurns: true)
        outlook.share(among: 2)
        let passes = [1, 2, 3, 4, 5, 6, 8].map { PassTime.Point(rows: $0, seconds: 0.05) }
        outlook.take(TargetReport(tokensPerSecond: 40, rows: 2, sequences: 2, passTime: passes), now: 1)
        for _ in 0..<rounds / 20 {
            for round in 0..<20 {
                outlook.learnDrafting(tokens: 1, seconds: 0.002, shared: 0.001)
                let accepted = round % 5 == 0 ? 0 : 1
                let drafted = DraftedToken(token: 1, probability: 0.8, entropy: 0.5, margin: 0.6)
                outlook.learn(Round(drafted: [drafted], sent: 1, agreed: accepted, judged: 1, seconds: 0.05))
                outlook.learn(
                    Self.verdict(rows: 2), committed: 1 + accepted, seconds: 0.05, roundTrip: 0, now: 1)
            }
            outlook.learnText(drafted: 20, feeding: prompt, committed: 36)
        }
        return outlook
    }

    /// A price moves with the text before, and with what other requests write meanwhile; a loss leaves the draft alone for
    /// many texts.
    @Test func whatOthersWriteIsNoLoss() throws {
        var outlook = Self.inTurn(prompt: 0)
        let passes = [1, 2, 4].map { PassTime.Point(rows: $0, seconds: 0.05 + 0.002 * Double($0)) }
        for rate in [1, 40, 400, 1e9] as [Double] {
            outlook.take(TargetReport(tokensPerSecond: rate, rows: 2, sequences: 2, passTime: passes), now: 1)
            #expect(try #require(outlook.report(of: "t")?.surplus) > 0.3)
        }
    }

    @Test func onTheTargetsCoresAPromptIsPaidForByTheTokensOfItsText() throws {
        #expect(Self.inTurn(prompt: 1, rounds: 60).report(of: "t")?.surplus == nil, "three texts tell little")
        func surplus(prompt: Seconds) throws -> Double {
            try #require(Self.inTurn(prompt: prompt).report(of: "t")?.surplus)
        }
        let free = try surplus(prompt: 0)
        #expect(free > 0.3 && free < 0.5, "0.8 of 1.8 tokens, but for what the draft tokens cost: \(free)")
        // Forty tokens a second, or somewhat more, and 36 tokens for each prompt.
        let half = try surplus(prompt: 0.18)
        #expect(half < free - 0.15 && half > free - 0.5, "\(half)")
        #expect(try surplus(prompt: 1) < 0)
        var own = Outlook()
        own.learnDrafting(tokens: 1, seconds: 0.001)
        for _ in 0..<8 { own.learnText(drafted: 20, feeding: 1, committed: 36) }
        #expect(
            try #require(own.report(of: "t")).surplus == nil, "on cores of its own a draft takes no time of the target")
    }
}
