internal import Speculation

/// What happens to messages on their way, in tests.
public struct Faults: Equatable, Sendable {
    /// Probability that a message is lost.
    public var drop: Double
    /// Probability that a message comes twice, each time with a delay of its own.
    public var duplicate: Double
    /// Seconds on the way, uniform; unequal bounds let messages overtake each other.
    public var delay: ClosedRange<Double>

    public init(drop: Double = 0, duplicate: Double = 0, delay: ClosedRange<Double> = 0...0) {
        self.drop = drop
        self.duplicate = duplicate
        self.delay = delay
    }

    public static let none = Faults()
    /// Nothing arrives, and nobody is told.
    public static let silence = Faults(drop: 1)
}

/// Draws the fate of one direction's messages: a function of the seed and of how many went before.
struct Fate {
    private var generator: SplitMix64

    init(seed: UInt64) {
        self.generator = SplitMix64(seed: seed)
    }

    /// Seconds after which each copy of the next message arrives; empty when it is lost.
    ///
    /// Takes the same four numbers whatever the faults are, so that changing these does not shift what follows.
    mutating func next(_ faults: Faults) -> [Double] {
        let (lost, twice) = (self.generator.nextUnit() < faults.drop, self.generator.nextUnit() < faults.duplicate)
        let (first, second) = (self.delay(faults), self.delay(faults))
        return lost ? [] : twice ? [first, second] : [first]
    }

    private mutating func delay(_ faults: Faults) -> Double {
        let (low, high) = (faults.delay.lowerBound, faults.delay.upperBound)
        return low + self.generator.nextUnit() * (high - low)
    }
}
