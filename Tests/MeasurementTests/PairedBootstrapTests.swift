import Measurement
import TestSupport
import Testing

@testable import Speculation

@Suite struct PairedBootstrapTests {
    typealias Work = PairedBootstrap.Work

    @Test func ratioIsOfSums() throws {
        // 100 tokens in 3 s, against 100 in 4.
        let compared = try #require(
            PairedBootstrap([
                (Work(tokens: 10, seconds: 1), Work(tokens: 10, seconds: 3)),
                (Work(tokens: 90, seconds: 2), Work(tokens: 90, seconds: 1)),
            ]))
        #expect(abs(compared.ratio - 4.0 / 3) < 1e-12)
        let interval = compared.interval()
        #expect(interval.contains(compared.ratio))
        // One prompt alone, or the other.
        #expect(abs(interval.lowerBound - 0.5) < 1e-12 && abs(interval.upperBound - 3) < 1e-12)
    }

    @Test func equalRatiosLeaveNoDoubt() throws {
        let pairs = (1...20).map { (Work(tokens: 100, seconds: 1), Work(tokens: 50 * Double($0), seconds: Double($0))) }
        let interval = try #require(PairedBootstrap(pairs)).interval()
        #expect(abs(interval.lowerBound - 2) < 1e-12 && abs(interval.upperBound - 2) < 1e-12)
    }

    /// Against the interval of the normal approximation, for many prompts of independent noise.
    @Test func intervalCoversTheTruth() throws {
        var covered = 0
        for trial in 0..<200 {
            var random = SplitMix64(seed: UInt64(trial))
            let pairs = (0..<40).map { _ in
                (
                    Work(tokens: 100, seconds: 1 + random.nextUnit()),
                    Work(tokens: 100, seconds: 2 * (1 + random.nextUnit()))
                )
            }
            let compared = try #require(PairedBootstrap(pairs, resamples: 300, seed: UInt64(trial)))
            if compared.interval().contains(2) { covered += 1 }
        }
        #expect((175...199).contains(covered), "\(covered) of 200 intervals of 95 % hold the truth")
    }

    @Test func sameSeedSameInterval() throws {
        let pairs = (1...9).map { (Work(tokens: 64, seconds: 1 / Double($0)), Work(tokens: 64, seconds: 1)) }
        #expect(PairedBootstrap(pairs, seed: 3) == PairedBootstrap(pairs, seed: 3))
        #expect(PairedBootstrap(pairs, seed: 3) != PairedBootstrap(pairs, seed: 4))
    }

    @Test func nothingToCompare() {
        #expect(PairedBootstrap([]) == nil)
        #expect(PairedBootstrap([(Work(tokens: 0, seconds: 0), Work(tokens: 1, seconds: 1))]) == nil)
    }
}
