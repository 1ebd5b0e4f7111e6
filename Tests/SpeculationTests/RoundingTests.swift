import Speculation
import Testing

/// Which passes an exact target keeps to, by what was measured.
struct RoundingTests {
    /// As on a CPU: rows cost nearly what they cost alone.
    private static func dear(_ rows: Int) -> Double { 1 + 0.8 * Double(rows - 1) }
    /// As on a GPU.
    private static func flat(_ rows: Int) -> Double { 1 + 0.005 * Double(rows) }

    @Test func whereAllPassesAgreeTheyAreAllAllowedAtNoPrice() throws {
        let found = try #require(Rounding(kinds: [1...64]).cheapestExact(slots: 1, seconds: Self.dear))
        #expect(found.passes == ExactPasses(least: 1, most: 64))
        #expect(found.price == 0 && found.passes.isUniform)
    }

    @Test func whereRowsAreDearALoneOneIsNotMadeWider() throws {
        let rounding = Rounding(kinds: [1...7, 8...64])
        for slots in [1, 8] {
            let found = try #require(rounding.cheapestExact(slots: slots, seconds: Self.dear))
            #expect(found.passes == ExactPasses(least: 1, most: 7))
            #expect(!found.passes.isUniform)
        }
    }

    @Test func whereRowsAreCheapASecondOneIsMadeUpRatherThanASeventeenth() throws {
        for slots in [1, 8] {
            let found = try #require(
                Rounding(kinds: [1...1, 2...16, 17...64]).cheapestExact(slots: slots, seconds: Self.flat))
            #expect(found.passes == ExactPasses(least: 2, most: 16))
            #expect(slots > 1 ? found.price < 1 : found.price < 0.01)
        }
    }

    @Test func whereSingleRowsAloneAgreeThereIsNoKindForDrafts() {
        #expect(Rounding(kinds: [1...1]).cheapestExact(slots: 1, seconds: Self.dear) == nil)
        #expect(Rounding().cheapestExact(slots: 1, seconds: Self.dear) == nil)
    }

    @Test func thePriceOfASecondRowIsTold() throws {
        let found = try #require(Rounding(kinds: [1...1, 2...64]).cheapestExact(slots: 1, seconds: Self.dear))
        #expect(found.passes == ExactPasses(least: 2, most: 64))
        // A plain token takes 1.8 times as long, a block as long as before.
        #expect(abs(found.price - 0.4) < 1e-9)
    }

    @Test func roundingExplainsNothingOfAnExactTargetAndThreeTimesWhatWasSeenOfAnother() {
        #expect(Rounding(distance: 0.1).tolerance == Float(0.1) * 3)
        #expect(Rounding(distance: 0.1, exact: ExactPasses(least: 1, most: 7)).tolerance == 0)
        #expect(Rounding().tolerance == nil)
    }
}
