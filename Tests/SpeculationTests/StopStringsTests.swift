internal import TestSupport
internal import Testing

@testable import Speculation

/// The automaton finds what a search by hand finds, at a bounded cost.
@Suite struct StopStringsTests {
    /// `TextAssembler` over bytes of ASCII alone, by looking through everything each time.
    private struct Naive {
        let stops: [[UInt8]]
        var held: [UInt8] = []
        var isStopped = false

        mutating func append(_ bytes: [UInt8]) -> [UInt8] {
            guard !self.isStopped else { return [] }
            self.held += bytes
            for end in 0...self.held.count {
                let ending = self.stops.filter { !$0.isEmpty && self.held[..<end].suffix($0.count).elementsEqual($0) }
                guard let longest = ending.map(\.count).max() else { continue }
                self.isStopped = true
                return self.take(end - longest)
            }
            let open = (0...self.held.count).last { count in
                count == 0 || self.stops.contains { $0.starts(with: self.held.suffix(count)) }
            }
            return self.take(self.held.count - open!)
        }

        private mutating func take(_ count: Int) -> [UInt8] {
            defer { self.held.removeFirst(count) }
            return Array(self.held[..<count])
        }
    }

    /// Strings of a few letters, among them some that begin with, end with or hold others, twins and the empty one.
    private static func strings(_ letters: [UInt8], _ random: inout SplitMix64) -> [[UInt8]] {
        var strings: [[UInt8]] = []
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let fresh = (0..<Int.random(in: 0...7, using: &random)).map { _ in letters.randomElement(using: &random)! }
            guard let other = strings.randomElement(using: &random) else {
                strings.append(fresh)
                continue
            }
            let cut = Int.random(in: 0...other.count, using: &random)
            strings.append(
                [fresh, other, fresh + other, other + fresh, Array(other[..<cut]), Array(other[cut...])]
                    .randomElement(using: &random)!)
        }
        return strings
    }

    @Test(arguments: 0..<10)
    func theFirstStopStringIsFoundAsASearchByHandFindsIt(part: UInt64) {
        var random = SplitMix64(seed: 700 + part)
        var stopped = 0
        for _ in 0..<400 {
            let letters = Array("abc".utf8.prefix(Int.random(in: 1...3, using: &random)))
            let stops = Self.strings(letters, &random)
            var naive = Naive(stops: stops)
            var assembler = TextAssembler(stops: StopStrings(stops.map { String(decoding: $0, as: UTF8.self) }))
            for _ in 0..<30 {
                let piece = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                    letters.randomElement(using: &random)!
                }
                let expected = naive.append(piece)
                let text = assembler.append(piece)
                #expect(Array(text.utf8) == expected, "\(stops)")
                #expect(assembler.isStopped == naive.isStopped, "\(stops)")
            }
            let rest = assembler.finish()
            if naive.isStopped { stopped += 1 } else { #expect(Array(rest.utf8) == naive.held) }
        }
        #expect((100..<400).contains(stopped), "both kinds of ends occur")
    }

    /// What 64 strings of 1024 bytes cost of a text that keeps most of them open, or falls back from them again and again.
    @Test(arguments: [
        String(repeating: " ", count: 50_000),
        String(repeating: String(repeating: " ", count: 1022) + "x", count: 50),
        String(repeating: String(repeating: " ", count: 1021) + "9", count: 50),
        String(repeating: "ab", count: 25_000),
        String(repeating: String(repeating: "ab", count: 511) + "b", count: 50),
    ])
    func aByteCostsAFewMovesWhateverIsHeldBack(text: String) {
        let spaces = (0..<62).map { String(repeating: " ", count: 1022) + String($0 + 10) }
        let others = ["a", "b"].map { String(repeating: "ab", count: 511) + $0 + "!" }
        let stops = StopStrings(spaces + others)
        for size in [1, 7, 100] {
            var assembler = TextAssembler(stops: stops)
            let bytes = Array(text.utf8)
            var out = 0
            var worst = 0
            for begin in stride(from: 0, to: bytes.count, by: size) {
                let before = assembler.moves
                out += assembler.append(Array(bytes[begin..<min(begin + size, bytes.count)])).utf8.count
                worst = max(worst, assembler.moves - before)
            }
            #expect(!assembler.isStopped)
            #expect(out >= bytes.count - 1024)
            #expect(assembler.moves <= 3 * bytes.count, "\(size) bytes a token")
            // One byte may end the longest beginning of all, at its length in moves; and what is held moves with it.
            #expect(worst <= 3 * size + 2 * 1024, "\(size) bytes a token")
        }
    }

    /// Sets that share their beginnings, their endings, or nearly all of both.
    private static let sets: [[String]] = [
        (0..<64).map { String(repeating: " ", count: 1022) + String($0 + 10) },
        (0..<64).map { String(repeating: "ab", count: 512 - $0) },
        (0..<64).map { (count: Int) -> String in
            String(repeating: "a", count: count) + "b" + String(repeating: "a", count: 1023 - count)
        },
        (0..<2000).map { "\nRole \($0):" },
    ]

    @Test(arguments: Self.sets)
    func makingTheAutomatonTakesTimeAndMemoryAsTheStringsAreLong(strings: [String]) {
        let stops = StopStrings(strings)
        let total = strings.reduce(0) { $0 + $1.utf8.count }
        #expect(stops.nodeCount <= total + 1)
        #expect(stops.makingMoves <= 2 * total)
        #expect(stops.makingMoves >= stops.nodeCount - 1 - Set(strings.map(\.first)).count)
    }
}
