public import Speculation

/// One arm at one delay, over all prompts and repetitions.
public struct LiveCell: Codable, Equatable, Sendable {
    public var arm: String
    /// One way, in milliseconds; `nil` for an arm without a link.
    public var delayMs: Double?
    public var texts: Int
    /// Texts that are not those of the target alone.
    public var differentTexts: Int
    /// Rate of decoding: the median over texts.
    public var medianTokensPerSecond: Double?
    /// All decoded tokens over all seconds of decoding, by the same of `off` on the same prompts and repetitions, at
    /// the same delay; for an arm without a link, at all delays.
    public var ratio: Double?
    /// Ends of the interval of 95 %, from a paired bootstrap over prompts.
    public var ratioLow: Double?
    public var ratioHigh: Double?
    public var medianFirstTokenSeconds: Seconds?
    /// Accepted of drafted tokens.
    public var acceptanceRate: Double?
    /// Tokens of a pass.
    public var acceptanceLength: Double?
    /// Draft tokens of a block that was checked.
    public var meanLookahead: Double?
    /// Share of the passes that checked a block.
    public var shareOfRounds: Double?
    public var meanRoundTripSeconds: Seconds?
    /// Whether no other arm of this delay has a larger ratio.
    public var isBest: Bool

    /// The arm that others are compared with.
    public static let reference = "off"

    /// Sums up, in the order in which arms and delays first appear.
    public static func cells(of samples: [LiveSample], resamples: Int = 2000, seed: UInt64 = 1) -> [Self] {
        var places: [Place] = []
        for sample in samples where !places.contains(Place(sample)) { places.append(Place(sample)) }
        let groups = Dictionary(grouping: samples, by: Place.init)
        var cells = places.map { place in
            let own = groups[place]!
            let references = samples.filter {
                $0.arm == Self.reference && (place.delayMs == nil || $0.delayMs == place.delayMs)
            }
            var cell = Self(place, own)
            if let compared = PairedBootstrap(Self.pairs(own, references), resamples: resamples, seed: seed) {
                cell.ratio = compared.ratio
                (cell.ratioLow, cell.ratioHigh) = (compared.interval().lowerBound, compared.interval().upperBound)
            }
            return cell
        }
        for index in cells.indices {
            let rivals = cells.filter { $0.delayMs == cells[index].delayMs }.compactMap(\.ratio)
            cells[index].isBest = cells[index].ratio != nil && cells[index].ratio == rivals.max()
        }
        return cells
    }

    private struct Place: Hashable {
        var arm: String
        var delayMs: Double?

        init(_ sample: LiveSample) {
            self.arm = sample.arm
            self.delayMs = sample.delayMs
        }
    }

    private init(_ place: Place, _ samples: [LiveSample]) {
        func sum(_ value: (LiveSample) -> Int) -> Double { Double(samples.reduce(0) { $0 + value($1) }) }
        func share(_ part: Double, _ whole: Double) -> Double? { whole > 0 ? part / whole : nil }

        self.arm = place.arm
        self.delayMs = place.delayMs
        self.texts = samples.count
        self.differentTexts = samples.count { $0.isDifferent }
        self.medianTokensPerSecond = median(
            samples.filter { $0.decodingSeconds > 0 }.map { Double($0.decodedTokens) / $0.decodingSeconds })
        self.medianFirstTokenSeconds = median(samples.map(\.firstTokenSeconds))
        self.acceptanceRate = share(sum(\.acceptedTokens), sum(\.draftTokens))
        self.acceptanceLength = share(sum(\.generatedTokens), sum(\.targetPasses))
        self.meanLookahead = share(sum(\.draftTokens), sum(\.rounds))
        self.shareOfRounds = share(sum(\.rounds), sum(\.targetPasses))
        let roundTrips = samples.map(\.roundTripSeconds).filter { $0 > 0 }
        self.meanRoundTripSeconds = share(roundTrips.reduce(0, +), Double(roundTrips.count))
        self.isBest = false
    }

    /// What arm and reference have made of each prompt, in the repetitions that both have.
    private static func pairs(
        _ samples: [LiveSample], _ references: [LiveSample]
    ) -> [(arm: PairedBootstrap.Work, reference: PairedBootstrap.Work)] {
        let arm = Self.work(samples)
        let reference = Self.work(references)
        return arm.keys.sorted().compactMap { prompt in
            let repetitions = Set(arm[prompt]!.keys).intersection((reference[prompt] ?? [:]).keys)
            guard !repetitions.isEmpty else { return nil }
            func sum(_ work: [Int: PairedBootstrap.Work]) -> PairedBootstrap.Work {
                repetitions.sorted().reduce(PairedBootstrap.Work(tokens: 0, seconds: 0)) { $0 + work[$1]! }
            }
            return (sum(arm[prompt]!), sum(reference[prompt]!))
        }
    }

    /// Work of texts, by prompt and repetition.
    private static func work(_ samples: [LiveSample]) -> [Int: [Int: PairedBootstrap.Work]] {
        var work: [Int: [Int: PairedBootstrap.Work]] = [:]
        for sample in samples {
            let one = PairedBootstrap.Work(tokens: Double(sample.decodedTokens), seconds: sample.decodingSeconds)
            let before = work[sample.prompt]?[sample.repetition]
            work[sample.prompt, default: [:]][sample.repetition] = before.map { $0 + one } ?? one
        }
        return work
    }
}

/// The middle value, or the mean of the two in the middle; `nil` of none.
package func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
