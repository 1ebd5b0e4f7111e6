internal import Speculation

/// What a machine that others use too makes of the time of a pass: each differs from the next, some hundreds in a row are
/// slower or faster together, and a few are held up.
///
/// Two shared cores made it so in 2,400 passes of one to five rows: a spread of a tenth, and one pass in fifty one and a
/// half to three times as long.
struct PassNoise {
    private let spread: Double
    private var random: SplitMix64
    /// Of passes in a row, in units of its own spread.
    private var weather = 0.0

    /// Correlation of the weather from one pass to the next.
    private static let memory = 0.99
    private static let heldUp = 0.02

    /// - Parameter spread: standard deviation of a pass, as a part of its time; 0: none, and none is held up.
    init(spread: Double, seed: UInt64) {
        self.spread = spread
        self.random = SplitMix64(seed: seed)
    }

    /// What the next pass takes over what it usually takes.
    mutating func next() -> Double {
        guard self.spread > 0 else { return 1 }
        let change = (1 - Self.memory * Self.memory).squareRoot()
        self.weather = Self.memory * self.weather + change * self.deviate()
        let usual = max(1 + self.spread * 0.5.squareRoot() * (self.weather + self.deviate()), 0.5)
        return self.random.chance(Self.heldUp) ? usual * (1.5 + 1.5 * self.random.nextUnit()) : usual
    }

    /// Of mean 0 and variance 1, by the sum of twelve uniform numbers.
    private mutating func deviate() -> Double { (0..<12).reduce(-6) { sum, _ in sum + self.random.nextUnit() } }
}
