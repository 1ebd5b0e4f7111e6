/// Steele, Lea and Flood's generator (OOPSLA 2014): the same numbers for the same seed, everywhere.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        return mixed(self.state)
    }

    /// Uniform in 0..<1, of 53 bits.
    package mutating func nextUnit() -> Double {
        Double(self.next() >> 11) * 0x1p-53
    }
}
