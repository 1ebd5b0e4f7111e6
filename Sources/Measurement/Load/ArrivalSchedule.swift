internal import Foundation
public import Speculation

/// Times of a Poisson process: gaps of exponential length, a pure function of rate and seed.
///
/// Nothing that happens in a run changes them; so a server that is late cannot slow the load down that shows it.
public struct ArrivalSchedule: Sendable {
    private let rate: Double
    private var random: SplitMix64
    /// The next arrival.
    public private(set) var upcoming: Seconds

    /// - Parameters:
    ///   - rate: arrivals a second on average, above 0.
    ///   - begin: before the first arrival.
    public init(rate: Double, seed: UInt64, begin: Seconds = 0) {
        self.rate = rate
        self.random = SplitMix64(seed: seed)
        self.upcoming = begin
        self.advance()
    }

    /// Goes on to the arrival after the next.
    public mutating func advance() {
        self.upcoming += -log(1 - self.random.nextUnit()) / self.rate
    }

    /// How many arrivals there are before a time.
    public func count(before end: Seconds) -> Int {
        var schedule = self
        var count = 0
        while schedule.upcoming < end {
            schedule.advance()
            count += 1
        }
        return count
    }
}
