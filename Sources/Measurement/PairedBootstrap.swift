public import Speculation

/// Compares the rates of two arms that have worked on the same prompts, and says how sure that is.
///
/// The ratio is of sums: all tokens over all seconds of the one, by the same of the other, so that long texts count as
/// much as they take. The interval is the percentile bootstrap's (Efron, Ann. Statist. 7(1), 1979) over prompts: each
/// resample draws prompts with replacement, each with what both arms made of it.
public struct PairedBootstrap: Equatable, Sendable {
    /// What an arm has made of a prompt.
    public struct Work: Equatable, Sendable {
        public var tokens: Double
        public var seconds: Seconds

        public init(tokens: Double, seconds: Seconds) {
            self.tokens = tokens
            self.seconds = seconds
        }

        static func + (one: Self, other: Self) -> Self {
            Self(tokens: one.tokens + other.tokens, seconds: one.seconds + other.seconds)
        }
    }

    /// The rate of the arm over that of the reference.
    public let ratio: Double
    /// Ratios of the resamples, ascending.
    private let resampled: [Double]

    /// - Parameter pairs: one for each prompt.
    /// - Returns: `nil` where an arm has no tokens or no seconds, and there is nothing to compare.
    public init?(_ pairs: [(arm: Work, reference: Work)], resamples: Int = 2000, seed: UInt64 = 1) {
        guard let ratio = Self.ratio(pairs) else { return nil }
        self.ratio = ratio
        var random = SplitMix64(seed: seed)
        self.resampled = (0..<resamples).compactMap { _ in
            Self.ratio(pairs.indices.map { _ in pairs[Int.random(in: pairs.indices, using: &random)] })
        }.sorted()
    }

    /// The middle part of the resamples that holds this share of them.
    public func interval(_ share: Double = 0.95) -> ClosedRange<Double> {
        guard !self.resampled.isEmpty else { return self.ratio...self.ratio }
        return quantile((1 - share) / 2, of: self.resampled)...quantile((1 + share) / 2, of: self.resampled)
    }

    private static func ratio(_ pairs: [(arm: Work, reference: Work)]) -> Double? {
        let none = Work(tokens: 0, seconds: 0)
        let arm = pairs.reduce(none) { $0 + $1.arm }
        let reference = pairs.reduce(none) { $0 + $1.reference }
        guard arm.tokens > 0, arm.seconds > 0, reference.tokens > 0, reference.seconds > 0 else { return nil }
        return (arm.tokens / arm.seconds) / (reference.tokens / reference.seconds)
    }
}
