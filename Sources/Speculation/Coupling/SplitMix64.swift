/// Seeded randomness: the same numbers for the same seed, everywhere (Steele, Lea, Flood, OOPSLA 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        return mixed(self.state)
    }

    /// Uniform in 0..<1, of 53 bits.
    package mutating func nextUnit() -> Double {
        Double(self.next() >> 11) * 0x1p-53
    }

    /// True with a probability.
    package mutating func chance(_ probability: Double) -> Bool {
        self.nextUnit() < probability
    }
}
