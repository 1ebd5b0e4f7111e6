/// Scrambles 64 bits so that each bit of the result depends on each bit given (the finalizer of SplitMix64; Steele, Lea,
/// Flood, OOPSLA 2014).
package func mixed(_ bits: UInt64) -> UInt64 {
    var bits = bits
    bits = (bits ^ (bits &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits &>> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits &>> 31)
}

/// A hash that is the same in every run, unlike Swift's own (FNV-1a; Fowler, Noll, Vo).
package struct FNV1a: Sendable {
    package private(set) var value: UInt64

    /// - Parameter value: the hash of what comes before.
    package init(_ value: UInt64 = 0xcbf2_9ce4_8422_2325) {
        self.value = value
    }

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { self.value = (self.value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }
}
