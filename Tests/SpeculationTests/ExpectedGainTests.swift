internal import Testing

@testable import Speculation

@Suite struct ExpectedGainTests {
    /// A pass of one row takes 10 ms, and each further row so much.
    private static func passTime(row: Seconds = 0) -> PassTime {
        var time = PassTime()
        time.expect(
            [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map { .init(rows: $0, seconds: 0.01 + row * Double($0 - 1)) })
        return time
    }

    private static func gain(
        row: Seconds = 0, others: Int = 0, token: Seconds = 1e-6, roundTrip: Seconds = 0, acceptance: Double = 0.8,
        sharing: Int = 1
    ) -> ExpectedGain {
        ExpectedGain(
            passTime: self.passTime(row: row), otherRows: others, draftToken: token, roundTrip: roundTrip,
            acceptance: acceptance, sharing: sharing)
    }

    @Test func whereDraftingIsForNothingItIsTheAcceptanceLength() {
        // (1 - a^33) / (1 - a), with the most rows.
        #expect(abs(Self.gain(acceptance: 0.5).ratio - 2) < 0.01)
        #expect(abs(Self.gain(acceptance: 0.8).ratio - 5) < 0.02)
    }

    @Test func whoTakesTurnsDraftsBehindEachVerdict() {
        // Passes of 10 ms and blocks of n tokens of 1 ms, with (1 - 0.8^(n + 1)) / 0.2 tokens each: most with n = 5.
        var gain = Self.gain(token: 0.001)
        let ahead = gain.ratio
        gain.isOverlapped = false
        #expect(abs(gain.ratio - (1 - 0.262_144) / 0.2 * 10 / 15) < 0.02 && gain.ratio < ahead)
        gain.draftToken = 0.1
        #expect(gain.ratio == 1)
    }

    @Test func aShortRoundTripIsWorthWaitingFor() {
        // Every block brings two tokens in 10 ms, and every miss costs 5 ms, in which the target would write half a token.
        #expect(abs(Self.gain(roundTrip: 0.005, acceptance: 0.5).ratio - 2 / 1.5) < 0.02)
    }

    @Test func itFallsWithTheRoundTripAndRisesWithTheAcceptance() {
        for acceptance in [0.2, 0.5, 0.8, 0.95, 1] {
            let ratios = [0, 0.001, 0.005, 0.02, 0.1, 0.5, 5].map {
                Self.gain(row: 1e-4, token: 0.001, roundTrip: $0, acceptance: acceptance).ratio
            }
            #expect(ratios == ratios.sorted(by: >) && ratios.allSatisfy { $0 >= 1 })
            #expect(ratios[0] > 1 || acceptance < 0.5)
        }
        for roundTrip in [0, 0.01, 0.1] {
            let ratios = stride(from: 0.0, through: 1, by: 0.05).map {
                Self.gain(row: 1e-4, token: 0.001, roundTrip: roundTrip, acceptance: $0).ratio
            }
            #expect(ratios == ratios.sorted() && ratios.last! > ratios.first!)
        }
    }

    @Test func itFallsWithTheLoadOfTheDraftAndWithThePriceOfRows() {
        let shared = (1...12).map { Self.gain(token: 0.001, sharing: $0).ratio }
        #expect(shared == shared.sorted(by: >) && shared.last == 1)
        let rows = [0, 1e-4, 1e-3, 1e-2].map { Self.gain(row: $0).ratio }
        #expect(rows == rows.sorted(by: >) && rows[3] < 1.6)
    }

    @Test(arguments: [0.01, 0.02, 1]) func aDraftSlowerThanTheTargetBringsNothing(_ token: Seconds) {
        for acceptance in [0.5, 0.9, 1] {
            #expect(Self.gain(token: token, acceptance: acceptance).ratio == 1)
        }
    }

    @Test(arguments: [0.3, 0.5, 0.8, 0.95], [0.0005, 0.003])
    func itBreaksEvenWhereALittleMoreIsTooMuch(_ acceptance: Double, _ token: Seconds) throws {
        let gain = Self.gain(row: 1e-4, token: token, roundTrip: 0.004, acceptance: acceptance)
        for (time, even) in [
            (\ExpectedGain.roundTrip, gain.breakEvenRoundTrip), (\.draftToken, gain.breakEvenDraftToken),
        ] {
            let even = try #require(even)
            var (near, far) = (gain, gain)
            near[keyPath: time] = even * 0.99
            far[keyPath: time] = even * 1.01
            #expect(near.ratio >= ExpectedGain.leastRatio && far.ratio < ExpectedGain.leastRatio)
        }
        // Whoever is nearer than that pays now.
        #expect((gain.ratio >= ExpectedGain.leastRatio) == (try #require(gain.breakEvenRoundTrip) >= gain.roundTrip))
    }

    @Test func whatNeverPaysHasNoBreakEven() {
        #expect(Self.gain(token: 0.05).breakEvenRoundTrip == nil)
        #expect(Self.gain(roundTrip: 10, acceptance: 0.5).breakEvenDraftToken == nil)
        #expect(Self.gain(row: 0.02, acceptance: 0.2).breakEvenDraftToken == nil)
    }

    @Test func hopelessIsOnlyWhoStaysSoWhenTwiceAsFast() {
        #expect(Self.gain(token: 0.05).isHopeless)
        #expect(!Self.gain(token: 0.011).isHopeless)
        #expect(!Self.gain(token: 0.001, roundTrip: 0.03).isHopeless)
        #expect(Self.gain(token: 0.001, roundTrip: 10, acceptance: 0.5).isHopeless)
    }

    @Test func oddInputGivesAFiniteGain() {
        let odd = [0, -1, .nan, .infinity, -.infinity, 1e-300, 1e300] as [Double]
        for token in odd {
            for roundTrip in odd {
                for acceptance in odd + [1] {
                    for others in [-1, 0, .max] {
                        let gain = Self.gain(
                            others: others, token: token, roundTrip: roundTrip, acceptance: acceptance, sharing: 0)
                        #expect(gain.ratio.isFinite && gain.ratio >= 1)
                    }
                }
            }
        }
        let unknown = ExpectedGain(passTime: PassTime(), draftToken: 1, roundTrip: 1, acceptance: 0.5)
        #expect(unknown.ratio == 1)
    }
}

@Suite struct FlightWindowTests {
    @Test func itHoldsWhatIsWrittenUntilAnAnswerIsThere() {
        var time = PassTime()
        #expect(FlightWindow.tokens(isIdle: true, rate: 100, roundTrip: 1, passTime: time) == 16)
        time.expect([.init(rows: 1, seconds: 0.01), .init(rows: 2, seconds: 0.01), .init(rows: 4, seconds: 0.01)])
        let windows = [0, 0.01, 0.1, 0.2].map {
            FlightWindow.tokens(isIdle: false, rate: 0, roundTrip: $0, passTime: time)
        }
        // Twice a pass, and twice ten and twenty tokens of a round trip.
        for (window, expected) in zip(windows, [18, 20, 38, 58]) { #expect(abs(window - expected) <= 1) }
        #expect(FlightWindow.tokens(isIdle: false, rate: 300, roundTrip: 0.1, passTime: time) > windows[2])
        for odd in [1e9, .infinity, .nan] as [Double] {
            #expect(FlightWindow.tokens(isIdle: false, rate: 1, roundTrip: odd, passTime: time) == FlightWindow.most)
        }
        #expect(FlightWindow.tokens(isIdle: true, rate: 0, roundTrip: 0, passTime: time) == FlightWindow.most)
    }

    @Test func aBlockAheadIsNoLongerThanThereIsTimeForInAPass() {
        var time = PassTime()
        #expect(FlightWindow.block(passTime: time, draftToken: 0.001) == LookaheadRule.mostTokens)
        time.expect([.init(rows: 1, seconds: 0.0205)])
        for (draftToken, tokens) in [(0.001, 20), (0.05, 2), (1e-9, 64), (.nan, 64), (.infinity, 2)] as [(Double, Int)]
        {
            #expect(FlightWindow.block(passTime: time, draftToken: draftToken) == tokens, "\(draftToken)")
        }
    }
}
