import Foundation
import Measurement
import TestSupport
import Testing

@Suite(.oneAtATime) struct ArrivalScheduleTests {
    private static func arrivals(rate: Double, seed: UInt64, count: Int) -> [Double] {
        var schedule = ArrivalSchedule(rate: rate, seed: seed)
        return (0..<count).map { _ in
            defer { schedule.advance() }
            return schedule.upcoming
        }
    }

    /// The mean of n exponential gaps strays by 1/√n of itself, their standard deviation by about √2/√n.
    @Test(arguments: [0.5, 3, 200], [UInt64(1), 2, 3]) func gapsAreExponential(rate: Double, seed: UInt64) {
        let count = 40_000
        let times = Self.arrivals(rate: rate, seed: seed, count: count)
        let gaps = zip([0] + times, times).map { $1 - $0 }
        let mean = gaps.reduce(0, +) / Double(count)
        let deviation = (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
        #expect(gaps.allSatisfy { $0 >= 0 })
        #expect(abs(mean * rate - 1) < 4 / Double(count).squareRoot())
        #expect(abs(deviation * rate - 1) < 4 * 1.42 / Double(count).squareRoot())
        let longer = gaps.count { $0 > mean }
        #expect(abs(Double(longer) / Double(count) - exp(-1)) < 0.01)
    }

    @Test func countsInEqualTimesArePoisson() {
        let (rate, seconds) = (4.0, 10_000)
        let times = Self.arrivals(rate: rate, seed: 7, count: 50_000)
        var counts = Array(repeating: 0.0, count: seconds)
        for time in times where Int(time) < seconds { counts[Int(time)] += 1 }
        let mean = counts.reduce(0, +) / Double(seconds)
        let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(seconds)
        #expect(abs(mean - rate) < 0.1)
        #expect(abs(variance / mean - 1) < 0.06)
    }

    @Test func theSeedDecides() {
        #expect(Self.arrivals(rate: 2, seed: 1, count: 100) == Self.arrivals(rate: 2, seed: 1, count: 100))
        #expect(Self.arrivals(rate: 2, seed: 1, count: 100) != Self.arrivals(rate: 2, seed: 2, count: 100))
        let times = Self.arrivals(rate: 2, seed: 1, count: 100)
        #expect(ArrivalSchedule(rate: 2, seed: 1).count(before: times[50]) == 50)
        #expect(ArrivalSchedule(rate: 2, seed: 1, begin: 5).upcoming == 5 + times[0])
    }
}
