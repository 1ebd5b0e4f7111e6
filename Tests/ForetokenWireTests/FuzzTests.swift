import ForetokenWire
import Foundation
import TestSupport
import Testing

/// Seeded mutations of real messages: none may do more than throw, and what is read must survive another round trip.
///
/// `FORETOKEN_FUZZ_ITERATIONS` sets how many; `FORETOKEN_FUZZ_SEED` where they begin.
@Suite struct FuzzTests {
    private static let iterations = Self.setting("FORETOKEN_FUZZ_ITERATIONS") ?? 20_000
    private static let seed = UInt64(Self.setting("FORETOKEN_FUZZ_SEED") ?? 1)

    @Test func mutatedMessagesDecodeOrThrow() throws {
        var random = SplitMix64(state: Self.seed)
        let samples = Samples.all.map { $0.encoded() }
        var decoded = 0
        for iteration in 0..<Self.iterations {
            var bytes = samples[Int.random(in: 0..<samples.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                Self.mutate(&bytes, samples, &random)
            }
            guard let envelope = try? Envelope(decoding: bytes) else { continue }
            decoded += 1
            let again = try? Envelope(decoding: envelope.encoded())
            if again != envelope {
                Issue.record("iteration \(iteration): \(bytes) is read, written, and read differently")
            }
        }
        #expect(decoded > Self.iterations / 100)
    }

    @Test func randomBytesDecodeOrThrow() {
        var random = SplitMix64(state: Self.seed &+ 1)
        for _ in 0..<Self.iterations {
            let count = Int.random(in: 0...64, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            _ = try? Envelope(decoding: bytes)
        }
    }

    private static func mutate(_ bytes: inout [UInt8], _ samples: [[UInt8]], _ random: inout SplitMix64) {
        func place(_ bytes: [UInt8]) -> Int { Int.random(in: 0...bytes.count, using: &random) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where !bytes.isEmpty:
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where !bytes.isEmpty:
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
        case 2:
            bytes.removeSubrange(place(bytes)...)
        case 3:
            let other = samples[Int.random(in: 0..<samples.count, using: &random)]
            bytes.insert(contentsOf: other[place(other)...], at: place(bytes))
        case 4:
            let varint: [UInt8] = Array(repeating: 0xff, count: Int.random(in: 1...9, using: &random)) + [1]
            bytes.insert(contentsOf: varint, at: place(bytes))
        default:
            let (start, end) = (place(bytes), place(bytes))
            bytes.removeSubrange(min(start, end)..<max(start, end))
        }
    }

    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }.map { max($0, 0) }
    }
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
