internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct TokenHistoryTests {
    @Test func fingerprintsDependOnEveryTokenAndOnTheOrder() {
        let base = TokenHistory([1, 2, 3]).fingerprint
        for other: [Token] in [[1, 2, 4], [3, 2, 1], [0, 2, 3], [1, 2], [1, 2, 3, 0], []] {
            #expect(TokenHistory(other).fingerprint != base, "\(other)")
        }
        #expect(TokenHistory().fingerprint == .empty)
        #expect(Fingerprint.empty.appending([1, 2, 3]) == base)
        #expect(Fingerprint.empty.appending(0) != .empty)
    }

    @Test func fingerprintsNeverChangeBetweenVersions() {
        // They cross the network between services of different versions.
        #expect(Fingerprint.empty.value == 0x666f_7265_746f_6b65)
        #expect(TokenHistory([1, 2, 3]).fingerprint.value == 9_351_378_409_652_340_265)
    }

    @Test func everyPositionHasTheFingerprintOfTheTokensBeforeIt() {
        let history = TokenHistory([5, 6, 7])
        #expect(history.fingerprint(at: 0) == .empty)
        #expect(history.fingerprint(at: 2) == TokenHistory([5, 6]).fingerprint)
        #expect(history.fingerprint(at: 3) == history.fingerprint)
        #expect(history.fingerprint(at: 4) == nil && history.fingerprint(at: -1) == nil)
    }

    @Test func aHistoryRolledBackAndGrownAgainIsAsIfNothingHadBeen() {
        var history = TokenHistory([1, 2, 3, 4])
        history.rollBack(to: 2)
        #expect(history.tokens == [1, 2] && history.fingerprint == TokenHistory([1, 2]).fingerprint)
        history.rollBack(to: 9)
        history.append(contentsOf: [3, 4])
        #expect(history.fingerprint == TokenHistory([1, 2, 3, 4]).fingerprint)
    }

    @Test func agreementEndsAtTheFirstDifferenceOrAtEitherEnd() {
        let history = TokenHistory([1, 2, 3])
        #expect(history.agreement(with: [2, 3, 4], at: 1) == 2)
        #expect(history.agreement(with: [2], at: 1) == 1)
        #expect(history.agreement(with: [2, 9], at: 1) == 1)
        #expect(history.agreement(with: [9], at: 1) == 0)
        #expect(history.agreement(with: [9], at: 3) == 0)
    }
}
