internal import Testing

@testable import Speculation

/// The stopping rule as a pure function.
@Suite struct MarginalRuleTests {
    @Test(arguments: [0.02, 0.1, 0.4] as [Double], [0, 0.05, 0.3] as [Double])
    func withOnePriceForAllRowsOneMoreIsDraftedWhileItBringsMoreThanItCosts(row: Double, draftToken: Double) {
        let price = Price(perRow: row, perDraftToken: draftToken)
        for survival in stride(from: 0.05, through: 1, by: 0.05) {
            for next in stride(from: 0.05, through: 0.95, by: 0.05) {
                let gain = MarginalRule.gain(behind: 3, survival: survival, next: next, at: price)
                let margin = survival * next - row - draftToken
                guard abs(margin) > 1e-9 else { continue }
                #expect((gain > 0) == (margin > 0), "\(survival) \(next)")
            }
        }
    }

    @Test func aStepOfThePassTimeIsLookedOver() {
        // The first row is expensive, the next seven are free, and then all are beyond price.
        let price = Price(rows: [0.9] + Array(repeating: 0, count: 7) + [9], perDraftToken: 0.01)
        #expect(MarginalRule.gain(behind: 0, survival: 1, next: 0.8, at: price) > 0, "the others pay for the first")
        #expect(MarginalRule.gain(behind: 0, survival: 1, next: 0.3, at: price) == 0)
        #expect(MarginalRule.gain(behind: 8, survival: 1, next: 1, at: price) == 0)
        #expect(MarginalRule.gain(behind: LookaheadRule.mostTokens, survival: 1, next: 1, at: price) == 0)
    }

    @Test func aBlockIsCutWhereItBringsMost() {
        let price = Price(rows: [0.1, 0.1, 0.5], perDraftToken: 0)
        let worth = MarginalRule.worth(of: [0.9, 0.6, 0.4, 0.3], at: price)
        #expect(worth.count == 2 && abs(worth.sum - 1.3) < 1e-12)
        #expect(MarginalRule.worth(of: [0.05, 0.02], at: price) == (0, 0))
        #expect(MarginalRule.worth(of: [], at: price) == (0, 0))
        // What the first rows cost is made up for by those behind.
        #expect(MarginalRule.worth(of: [0.5, 0.45, 0.4], at: Price(rows: [0.6, 0], perDraftToken: 0)).count == 3)
    }
}
