internal import TestSupport
internal import Testing

@testable import Speculation

/// What targets and drafts measure and report: pure values, on a clock that is an argument.
@Suite struct ReportsTests {
    static func near(_ left: Double, _ right: Double, within share: Double = 1e-3) -> Bool {
        PriceBookTests.near(left, right, within: share)
    }

    static let report = TargetReport(
        tokensPerSecond: 200, rows: 4,
        passTime: [1, 2, 4, 8].map { .init(rows: $0, seconds: 0.010 + 0.001 * Double($0 - 1)) })

    // MARK: The target's own measures

    @Test func aTargetsRateCountsTheTokensOfAllSequencesOverTheTimeInWhichItHadAny() {
        var meter = TargetMeter()
        #expect(meter.report == nil)
        var now = 5.0
        // Two sequences, each with two tokens of each pass, and a pass every 20 ms.
        for _ in 0..<200 {
            now += 0.020
            meter.learn(rows: 6, prefill: 0, tokens: 4, seconds: 0.015, now: now)
        }
        #expect(Self.near(meter.report!.tokensPerSecond, 200))
        #expect(Self.near(meter.report!.rows, 6))
        meter.becomeIdle()
        // Nothing is said of now, but the rate of the busy time is still to be seen.
        #expect(meter.report!.rows == 0 && Self.near(meter.report!.tokensPerSecond, 200))
        now += 3600
        for _ in 0..<10 {
            now += 0.010
            meter.learn(rows: 1, prefill: 0, tokens: 1, seconds: 0.010, now: now)
        }
        #expect(Self.near(meter.report!.tokensPerSecond, 100), "neither the idle hour nor the former load counts")
        #expect(Self.near(meter.report!.rows, 1))
    }

    /// Prompts are computed once, however fast tokens come: their time is no time that draft tokens could save.
    @Test func theRateThatPricesGoByLeavesPrefillsOut() {
        var meter = TargetMeter()
        var now = 0.0
        for round in 0..<600 {
            // Four sequences in 20 ms; beside a piece of a prompt in 100 ms; then its end, which brings a token too; and
            // at times nothing but a piece.
            let (rows, prefill, tokens, seconds) = [
                (4, 0, 4, 0.020), (36, 32, 4, 0.100), (36, 31, 5, 0.100), (32, 32, 0, 0.085),
            ][round % 4]
            now += seconds
            meter.learn(rows: rows, prefill: prefill, tokens: tokens, seconds: seconds, now: now)
        }
        #expect(Self.near(meter.report!.tokensPerSecond, 13 / 0.305, within: 0.05))
        #expect(Self.near(meter.report!.decodeTokensPerSecond, 200, within: 0.1))
        meter.becomeIdle()
        meter.learn(rows: 36, prefill: 36, tokens: 1, seconds: 0.1, now: now + 3600)
        #expect(meter.decodeTokensPerSecond == 0, "nothing is known of the new time")
        meter.learn(rows: 1, prefill: 0, tokens: 1, seconds: 0.01, now: now + 3600.01)
        #expect(Self.near(meter.decodeTokensPerSecond, 100))
        let old = TargetReport(tokensPerSecond: 30, rows: 1, passTime: [])
        #expect(old.price == 30, "a target that tells no other rate")
    }

    @Test func aPrefillIsNoLoadToExpectAndNoTimeOfAPass() {
        var meter = TargetMeter()
        meter.learn(rows: 10, prefill: 9, tokens: 1, seconds: 0.2, now: 1)
        #expect(meter.report == nil)
        meter.learn(rows: 1, prefill: 0, tokens: 1, seconds: 0.01, now: 1.01)
        #expect(meter.report!.rows == 1)
        #expect(meter.report!.passTime.map(\.rows) == [1])
        #expect(Self.near(meter.report!.passTime[0].seconds, 0.01))
    }

    @Test func thePassOfOneRowOutlivesThousandsOfWideOnes() {
        var meter = TargetMeter()
        for pass in 1...5 { meter.learn(rows: 1, prefill: 0, tokens: 1, seconds: 0.008, now: Double(pass)) }
        for pass in 6...5000 {
            meter.learn(rows: 4 + pass % 9, prefill: 0, tokens: 4, seconds: 0.02, now: Double(pass))
        }
        let points = meter.report!.passTime
        #expect(points.map(\.rows) == [1, 2, 4, 8, 16])
        #expect(Self.near(points[0].seconds, 0.008, within: 0.02))
        #expect(Self.near(points[3].seconds, 0.02, within: 0.02))
    }

    @Test func whatAnotherMeasuredOfPassesHoldsUntilTheOwnMeasureSaysOtherwise() {
        var passTime = PassTime()
        passTime.expect([])
        #expect(!passTime.isKnown && passTime.points.isEmpty)
        passTime.expect(Self.report.passTime)
        for rows in [1, 2, 4, 8] { #expect(Self.near(passTime.seconds(rows: rows), 0.009 + 0.001 * Double(rows))) }
        #expect(Self.near(passTime.marginal(at: 20), 0.001, within: 0.02), "and goes on with its slope")
        #expect(passTime.points.isEmpty, "nothing of it is passed on as measured")
        for _ in 0..<100 { passTime.learn(rows: 1, seconds: 0.030) }
        #expect(Self.near(passTime.seconds(rows: 1), 0.030, within: 0.02))
        for bad in [0, -1, .nan, .infinity] { passTime.expect([.init(rows: 1, seconds: bad)]) }
        #expect(passTime.seconds(rows: 1).isFinite)
    }

    // MARK: The draft's prices

    static func verdict(rows: Int, verified: Int, pass: Seconds = 0.010) -> Verdict {
        Verdict(
            sequence: 1, position: 0, tokens: [1], fingerprint: .empty, accepted: 0, verified: verified,
            sentMicroseconds: 1, passMicroseconds: UInt32(pass * 1e6), rows: rows)
    }

    /// A draft whose sequence is one of several on the target: 2 of 8 tokens of a pass are its.
    static func outlook(now: inout Seconds) -> Outlook {
        var outlook = Outlook()
        outlook.learnDrafting(tokens: 100, seconds: 0.1)
        for _ in 0..<100 {
            now += 0.040
            outlook.learn(
                self.verdict(rows: 16, verified: 3, pass: 0.025), committed: 2, seconds: 0.040, roundTrip: 0.005,
                now: now)
        }
        return outlook
    }

    @Test func aQuoteLendsARowThePriceOfAllSequencesOfTheTarget() {
        var now = 10.0
        var outlook = Self.outlook(now: &now)
        let alone = outlook.context.price
        #expect(Self.near(outlook.book.targetRate.value!, 50, within: 0.01))
        var quote = TargetReport(
            tokensPerSecond: 200, rows: 16,
            passTime: [1, 2, 4, 8, 16, 32].map { .init(rows: $0, seconds: 0.010 + 0.001 * Double($0 - 1)) })
        outlook.take(quote, now: now)
        let marginal = outlook.book.passTime.marginal(at: 13)
        #expect(Self.near(outlook.context.price.row(at: 0), 200 * marginal))
        #expect(outlook.context.price.row(at: 0) > 1.5 * alone.row(at: 0))
        #expect(Self.near(outlook.context.price.perDraftToken, alone.perDraftToken), "its own time is its own")
        // What is quoted below what the draft sees is no news.
        quote.tokensPerSecond = 10
        outlook.take(quote, now: now)
        #expect(Self.near(outlook.context.price.row(at: 0), 50 * marginal, within: 0.02))
        // Nor is the rate of a target that has no sequence now.
        (quote.tokensPerSecond, quote.rows) = (200, 0)
        outlook.take(quote, now: now)
        #expect(Self.near(outlook.context.price.row(at: 0), 50 * marginal, within: 0.02))
    }

    @Test func aQuoteHoldsForAWhileAndThenFades() {
        var now = 10.0
        var outlook = Self.outlook(now: &now)
        outlook.take(Self.report, now: now)
        func price(after seconds: Seconds) -> Double {
            var outlook = outlook
            outlook.learn(
                Self.verdict(rows: 16, verified: 3, pass: 0.025), committed: 2, seconds: 0.040, roundTrip: nil,
                now: now + seconds)
            return outlook.context.price.row(at: 0)
        }
        #expect(Self.near(price(after: 9), price(after: 0.1), within: 0.02))
        #expect(price(after: 15) < 0.8 * price(after: 9))
        #expect(Self.near(price(after: 20), price(after: 1000), within: 0.05))
    }

    @Test func aNewDraftBeginsWithWhatTheTargetReported() {
        var outlook = Outlook()
        let before = outlook.context.price
        outlook.take(Self.report, now: 3)
        #expect(outlook.context.price == before, "a draft token of unknown time is not for nothing")
        #expect(outlook.report(of: "t") == nil)
        outlook.learnDrafting(tokens: 4, seconds: 0.004)
        // Four rows of others, and the pass that the first own one is in.
        #expect(Self.near(outlook.context.price.row(at: 0), 200 * 0.001))
        #expect(Self.near(outlook.context.price.perDraftToken, 0.001 / 0.014))
    }

    @Test func aDraftTellsWhatItMeasuredAndWhatItWorksWith() {
        var now = 10.0
        var outlook = Self.outlook(now: &now)
        let token = DraftedToken(token: 1, probability: 0.9, entropy: 0.3, margin: 0.8)
        for _ in 0..<200 {
            outlook.learn(Round(drafted: [token, token, token], sent: 3, agreed: 1, judged: 2, seconds: 0.04))
        }
        let report = outlook.report(of: "t")!
        #expect(report.target == "t")
        #expect(Self.near(report.draftToken, 0.001) && Self.near(report.roundTrip!, 0.005))
        #expect(Self.near(report.measuredAcceptance, 0.5, within: 0.05))
        #expect(Self.near(report.predictedAcceptance, 0.5, within: 0.15))
        #expect(Self.near(report.price, outlook.price) && report.price > 0)
        #expect(Self.near(report.lookahead, 3) && report.passes == 64 && !report.abstains)
        var message = Mirror.Message.block(Block(sequence: 1, position: 0, fingerprint: .empty, tokens: [1, 1]))
        outlook.sign(&message)
        let block = message.block!
        #expect(Self.near(Double(block.price!), outlook.price))
        #expect(Self.near(Double(block.draftTokenMicroseconds!), 1000))
    }

    @Test func aDraftOfWhichPassesHoldNothingAbstains() {
        var now = 10.0
        var outlook = Self.outlook(now: &now)
        for pass in 0..<400 {
            now += 0.010
            outlook.learn(
                Self.verdict(rows: 1, verified: 0), committed: 1, seconds: 0.010, roundTrip: nil, now: now)
            if pass == 3 { #expect(!outlook.report(of: "t")!.abstains, "not at once") }
        }
        #expect(outlook.report(of: "t")!.abstains)
        var fresh = Outlook()
        fresh.learnDrafting(tokens: 1, seconds: 0.001)
        for pass in 0..<63 {
            fresh.learn(
                Self.verdict(rows: 1, verified: 0), committed: 1, seconds: 0.010, roundTrip: nil, now: Double(pass))
        }
        #expect(!fresh.report(of: "t")!.abstains, "too little is known")
    }
}
