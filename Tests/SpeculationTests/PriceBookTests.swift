internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct PriceBookTests {
    static func near(_ left: Double, _ right: Double, within share: Double = 1e-3) -> Bool {
        abs(left - right) <= share * max(abs(left), abs(right))
    }

    @Test func aRateIsARatioOfSums() {
        var rate = RateEstimate()
        #expect(rate.value == nil)
        rate.learn(tokens: 1, seconds: 1)
        rate.learn(tokens: 9, seconds: 1)
        rate.learn(tokens: 10, seconds: 8)
        #expect(Self.near(rate.value!, 2, within: 0.03), "not the mean of 1, 9 and 1.25")
        for bad in [0, -1, .nan, .infinity] { rate.learn(tokens: 5, seconds: bad) }
        rate.learn(tokens: -5, seconds: 1)
        #expect(Self.near(rate.value!, 2, within: 0.03))
        for _ in 0..<400 { rate.learn(tokens: 3, seconds: 1) }
        #expect(Self.near(rate.value!, 3))
    }

    @Test func theStepFromOneRowToTwoIsToldFromTheSlopeBehindIt() {
        var random = SplitMix64(seed: 1)
        var passTime = PassTime()
        let truth = { (rows: Int) in 0.1 + (rows > 1 ? 0.03 : 0) + Double(rows - 1) * 0.008 }
        for _ in 0..<300 {
            let rows = Int.random(in: 1...12, using: &random)
            passTime.learn(rows: rows, seconds: truth(rows) * .random(in: 0.99...1.01, using: &random))
        }
        for rows in 1...12 { #expect(Self.near(passTime.seconds(rows: rows), truth(rows), within: 0.01), "\(rows)") }
        #expect(Self.near(passTime.marginal(at: 1), 0.038, within: 0.1))
        #expect(Self.near(passTime.marginal(at: 5), 0.008, within: 0.3))
        #expect(passTime.seconds(rows: 40) > truth(30) && passTime.seconds(rows: 2000) < truth(2500))
    }

    @Test func rowsThatCostNothingUpToTheWidthOfTheHardwareAreSeen() {
        var passTime = PassTime()
        for _ in 0..<20 {
            for rows in 1...16 { passTime.learn(rows: rows, seconds: 0.05 + Double(max(0, rows - 8)) * 0.01) }
        }
        for rows in 1..<8 { #expect(passTime.marginal(at: rows) < 1e-4) }
        #expect(Self.near(passTime.marginal(at: 10), 0.01, within: 0.01))
    }

    /// The price of a row is the difference of two passes, which one that takes three times as long would move by half.
    @Test func aPassThatWasHeldUpCountsForLittleAndASlowerMachineForAll() {
        var passTime = PassTime()
        for _ in 0..<20 { for rows in 1...2 { passTime.learn(rows: rows, seconds: 0.02 + 0.01 * Double(rows)) } }
        let usual = passTime.marginal(at: 1)
        passTime.learn(rows: 2, seconds: 0.12)
        #expect(passTime.marginal(at: 1) < usual * 1.15)
        for _ in 0..<400 { passTime.learn(rows: 2, seconds: 0.12) }
        #expect(Self.near(passTime.seconds(rows: 2), 0.12, within: 0.05))
    }

    @Test func whileAllPassesWereAlikeARowCostsASeventh() {
        var passTime = PassTime()
        #expect(!passTime.isKnown && passTime.seconds(rows: 3) == 0)
        for _ in 0..<5 { passTime.learn(rows: 1, seconds: 0.07) }
        #expect(Self.near(passTime.seconds(rows: 1), 0.07, within: 0.01))
        #expect(Self.near(passTime.marginal(at: 1), 0.01, within: 0.05))
        var wide = PassTime()
        wide.learn(rows: 6, seconds: 0.12)
        #expect(Self.near(wide.seconds(rows: 6), 0.12, within: 0.01))
        #expect(wide.seconds(rows: 1) > 0.03 && wide.seconds(rows: 1) < 0.12)
    }

    @Test func oldPassesFadeButNotThoseOfOtherWidths() {
        var passTime = PassTime()
        passTime.learn(rows: 1, seconds: 0.05)
        for _ in 0..<500 { passTime.learn(rows: 5, seconds: 0.3) }
        for _ in 0..<700 { passTime.learn(rows: 5, seconds: 0.1) }
        #expect(Self.near(passTime.seconds(rows: 5), 0.1, within: 0.01))
        #expect(Self.near(passTime.seconds(rows: 1), 0.05, within: 0.01))
    }

    @Test func nonsenseIsNotLearnedAndNoRowEverHasANegativePrice() {
        var random = SplitMix64(seed: 2)
        var passTime = PassTime()
        for bad in [0, -1, .nan, .infinity] { passTime.learn(rows: 1, seconds: bad) }
        passTime.learn(rows: 0, seconds: 1)
        passTime.learn(rows: -3, seconds: 1)
        #expect(!passTime.isKnown)
        for _ in 0..<300 {
            let rows = [1, 2, 3, 7, 100, 5000, .max].randomElement(using: &random)!
            passTime.learn(rows: rows, seconds: .random(in: 1e-9...1e3, using: &random))
        }
        for rows in 1...600 { #expect(passTime.marginal(at: rows) >= 0 && passTime.seconds(rows: rows).isFinite) }
    }

    @Test func pricesAreTimesAtTheMeasuredRate() throws {
        var book = PriceBook()
        #expect(book.price() == nil)
        for rows in 1...9 { book.learnPass(rows: rows, seconds: 0.1 + 0.01 * Double(rows)) }
        for _ in 0..<50 {
            book.learnRound(tokens: 4, seconds: 0.2)
            book.learnTarget(tokens: 10, seconds: 0.2)
            book.learnDrafting(tokens: 5, seconds: 0.05)
        }
        book.learnDrafting(tokens: 0, seconds: 1)
        book.learnRoundTrip(0.04)
        book.learnRoundTrip(.nan)
        let price = try #require(book.price())
        #expect(Self.near(price.perDraftToken, 20 * 0.01))
        #expect(Self.near(price.perBlock, 20 * 0.04))
        #expect(Self.near(price.row(at: 0), 50 * 0.01, within: 0.01), "a row delays all sequences of the target")
        #expect(Self.near(price.row(at: 500), 50 * 0.01, within: 0.01))
    }

    @Test func onTheTargetsCoresAllOfItsSequencesPayForAStepOfTheDraft() throws {
        var book = PriceBook()
        for rows in 1...9 { book.learnPass(rows: rows, seconds: 0.1 + 0.01 * Double(rows)) }
        #expect(try #require(book.price(sharing: 8)).perDraftToken == 0, "nothing is known of the draft yet")
        for _ in 0..<50 {
            book.learnRound(tokens: 4, seconds: 0.4)
            // Eight sequences at 10 tokens a second each; steps of 10 ms for one of them, of 16 ms for all.
            book.learnTarget(tokens: 80, seconds: 1)
            book.learnDrafting(tokens: 5, seconds: 0.05)
            book.learnDrafting(tokens: 5, seconds: 0.08, shared: 0.01)
        }
        #expect(Self.near(try #require(book.price(sharing: 1)).perDraftToken, 80 * 0.01, within: 0.01))
        #expect(Self.near(try #require(book.price(sharing: 8)).perDraftToken, 80 * 0.002, within: 0.01))
        #expect(Self.near(try #require(book.price()).perDraftToken, 10 * 0.013, within: 0.05))
        for shared in [1.0, -1, 0, .nan, .infinity] { book.learnDrafting(tokens: 5, seconds: 0.05, shared: shared) }
        for sharing in [-1, 0, 1, .max] {
            let price = try #require(book.price(sharing: sharing)).perDraftToken
            #expect(price.isFinite && price >= 0)
        }
    }

    /// One that drafts alone pays for the whole step; if that kept all from drafting, nobody would ever see what a step for
    /// all costs.
    @Test func aStepForManyIsNotPricedByThoseForOne() throws {
        var book = PriceBook()
        for rows in 1...9 { book.learnPass(rows: rows, seconds: 0.1) }
        for _ in 0..<50 {
            book.learnRound(tokens: 1, seconds: 0.1)
            book.learnTarget(tokens: 16, seconds: 0.1)
            book.learnDrafting(tokens: 5, seconds: 5 * 0.0065)
        }
        #expect(try #require(book.price(sharing: 1)).perDraftToken > 1)
        #expect(try #require(book.price(sharing: 16)).perDraftToken < 0.5)
        // Nor is it dearer than one for each because of a step that was held up.
        book.learnDrafting(tokens: 1, seconds: 0.5, shared: 0.25)
        #expect(try #require(book.price(sharing: 16)).perDraftToken < 1.2)
    }

    @Test func aSecondNeverCostsLessThanTheTargetAloneWouldMakeOfIt() throws {
        var book = PriceBook()
        for rows in 1...4 { book.learnPass(rows: rows, seconds: 0.1) }
        book.learnRound(tokens: 1, seconds: 1)
        book.learnDrafting(tokens: 1, seconds: 0.02)
        #expect(Self.near(try #require(book.price()).perDraftToken, 10 * 0.02))
    }
}
