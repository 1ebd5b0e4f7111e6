/// Inputs made of others, in the ways in which they break readers.
struct Mutation {
    /// What inputs are made of; none is empty.
    let samples: [[UInt8]]
    var random: SplitMix64

    /// A sample with a few changes.
    mutating func next() -> [UInt8] {
        var bytes = self.samples[Int.random(in: 0..<self.samples.count, using: &self.random)]
        for _ in 0..<Int.random(in: 1...4, using: &self.random) {
            self.change(&bytes)
            if Bool.random(using: &self.random) { break }
        }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        switch Int.random(in: 0..<7, using: &self.random) {
        case 0 where !bytes.isEmpty:
            bytes[Int.random(in: 0..<bytes.count, using: &self.random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where !bytes.isEmpty:
            bytes[Int.random(in: 0..<bytes.count, using: &self.random)] = self.byte()
        case 2:
            bytes.removeSubrange(self.place(in: bytes)...)
        case 3:
            let other = self.samples[Int.random(in: 0..<self.samples.count, using: &self.random)]
            bytes.insert(contentsOf: other[self.place(in: other)...], at: self.place(in: bytes))
        case 4:
            let varint: [UInt8] = Array(repeating: 0xff, count: Int.random(in: 1...9, using: &self.random)) + [1]
            bytes.insert(contentsOf: varint, at: self.place(in: bytes))
        case 5:
            bytes.append(contentsOf: (0..<16).map { _ in self.byte() })
        default:
            let (start, end) = (self.place(in: bytes), self.place(in: bytes))
            bytes.removeSubrange(min(start, end)..<max(start, end))
        }
    }

    private mutating func byte() -> UInt8 { .random(in: .min ... .max, using: &self.random) }

    private mutating func place(in bytes: [UInt8]) -> Int { .random(in: 0...bytes.count, using: &self.random) }
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var bits = self.state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
