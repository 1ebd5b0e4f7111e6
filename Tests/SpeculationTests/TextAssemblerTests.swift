internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct TextAssemblerTests {
    /// What comes out of these tokens, one text for each, and the rest at the end.
    static func texts(_ tokens: [[UInt8]], stops: [String] = []) -> (texts: [String], rest: String, stopped: Bool) {
        var assembler = TextAssembler(stops: StopStrings(stops))
        let texts = tokens.map { assembler.append($0) }
        return (texts, assembler.finish(), assembler.isStopped)
    }

    static func texts(_ tokens: String..., stops: [String]) -> (texts: [String], rest: String, stopped: Bool) {
        Self.texts(tokens.map { Array($0.utf8) }, stops: stops)
    }

    @Test func aCharacterComesOutWithItsLastByte() {
        let (texts, rest, _) = Self.texts([[0x61, 0xf0, 0x9f], [0x8c], [0x8d, 0xc3], [0xa9], [0xe2, 0x82], [0xac]])
        #expect(texts == ["a", "", "🌍", "é", "", "€"])
        #expect(rest == "")
    }

    @Test func whatNeverBecomesACharacterComesOutAsAReplacement() {
        #expect(Self.texts([[0xf0, 0x9f], [0x41]]).texts == ["", "\u{FFFD}A"])
        #expect(Self.texts([[0xff], [0x80], [0x41]]).texts == ["\u{FFFD}", "\u{FFFD}", "A"])
        let open = Self.texts([[0x41, 0xe2, 0x82]])
        #expect((open.texts, open.rest) == (["A"], "\u{FFFD}"))
    }

    @Test func aStopStringIsFoundOverTokensAndNothingBehindItComesOut() {
        let (texts, rest, stopped) = Self.texts("Hello <e", "nd", "> there", stops: ["<end>"])
        #expect(texts == ["Hello ", "", ""])
        #expect(rest == "" && stopped)
    }

    @Test func whatOnlyBeganLikeAStopStringComesOutAfterAll() {
        let (texts, rest, stopped) = Self.texts("a<e", "n", "x<en", stops: ["<end>"])
        #expect(texts == ["a", "", "<enx"])
        #expect(rest == "<en" && !stopped)
    }

    @Test func aStopStringAtTheVeryBeginningLeavesNothing() {
        let (texts, rest, stopped) = Self.texts("\n\nText", stops: ["\n"])
        #expect(texts == [""])
        #expect(rest == "" && stopped)
    }

    @Test func aStopStringMayBeginInsideAFalseStartOfItself() {
        #expect(Self.texts("aa", "a", "b!", stops: ["aab"]).texts == ["", "a", ""])
        #expect(Self.texts("xabab", "ac", stops: ["abac"]).texts == ["xab", ""])
    }

    @Test func aStopStringCountsWhereItIsCompleteOnceItMayStop() {
        for split in [["ab", "c", "abc"], ["abcab", "", "c"], ["a", "bca", "bc"]] {
            var assembler = TextAssembler(stops: StopStrings(["abc", "c"]))
            let count = split.count
            var text = ""
            for (index, part) in split.enumerated() {
                text += assembler.append(Array(part.utf8), mayStop: index == count - 1)
            }
            #expect(assembler.isStopped && text == "abc", "\(split)")
        }
        // It may have begun before.
        var assembler = TextAssembler(stops: StopStrings(["<end>"]))
        #expect(assembler.append(Array("x<e".utf8), mayStop: false) == "x")
        #expect(assembler.append(Array("nd>".utf8)) == "")
        #expect(assembler.isStopped)
    }

    @Test func ofOverlappingStopStringsTheOneThatIsCompleteFirstCounts() {
        for tokens in [["abc"], ["ab", "c"], ["a", "b", "c"]] {
            let (texts, _, stopped) = Self.texts(tokens.map { Array($0.utf8) }, stops: ["abc", "b"])
            #expect(texts.joined() == "a" && stopped)
        }
        #expect(Self.texts("xyz", stops: ["z", "yz"]).texts == ["x"])
        #expect(Self.texts("xyz", stops: ["yz", "z"]).texts == ["x"])
    }

    @Test func anEmptyStopStringStopsNothing() {
        let (texts, _, stopped) = Self.texts("abc", stops: ["", "zz"])
        #expect(texts == ["abc"] && !stopped)
    }

    @Test(arguments: 0..<10)
    func anySplitOfTheBytesGivesTheSameText(part: UInt64) {
        var random = SplitMix64(seed: 300 + part)
        let parts: [[UInt8]] = [
            [0x61], [0x62], [0x61, 0x62], Array("é".utf8), Array("€".utf8), Array("🌍".utf8), [0xf0], [0x9f], [0xe2],
            [0x80], [0xff], [0xc0], [0xed, 0xa0], [0x0d, 0x0a],
        ]
        let stopStrings = ["aab", "ab", "é", "🌍a", "€€", "b\r\n", "ba"]
        for _ in 0..<300 {
            let counts = (parts: Int.random(in: 0...14, using: &random), stops: Int.random(in: 0...3, using: &random))
            let bytes = (0..<counts.parts).flatMap { _ in parts.randomElement(using: &random)! }
            let stops = (0..<counts.stops).map { _ in stopStrings.randomElement(using: &random)! }
            let whole = Self.texts([bytes], stops: stops)
            var tokens: [[UInt8]] = [[]]
            for byte in bytes {
                if random.chance(0.4) { tokens.append([]) }
                tokens[tokens.count - 1].append(byte)
            }
            let split = Self.texts(tokens, stops: stops)
            let (wholeText, splitText) = (whole.texts.joined() + whole.rest, split.texts.joined() + split.rest)
            #expect(Array(wholeText.utf8) == Array(splitText.utf8), "\(bytes) \(stops)")
            #expect(whole.stopped == split.stopped, "\(bytes) \(stops)")
            let plain = String(decoding: bytes, as: UTF8.self)
            if stops.isEmpty { #expect(Array(wholeText.utf8) == Array(plain.utf8), "\(bytes)") }
            #expect(Array(plain.utf8).starts(with: wholeText.utf8), "\(bytes) \(stops)")
        }
    }
}
