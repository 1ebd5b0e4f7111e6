import TestSupport
import Testing

@testable import Plots

@Suite
struct PlacingTests {
    @Test func ticksAreRoundNumbers() {
        #expect(Ticks.linear(0...2.4, step: Ticks.step(span: 2.4, count: 6)) == [0, 0.5, 1, 1.5, 2])
        #expect(Ticks.linear(-10...10, step: Ticks.step(span: 20, count: 5)) == [-10, -5, 0, 5, 10])
        #expect(Numbers.plain([0.3, 0.5, 1, 1.5, 20]) == ["0.3", "0.5", "1", "1.5", "20"])
    }

    @Test func axesBeginAtZeroUnlessAllIsFarFromIt() {
        func range(_ values: [Double]) -> ClosedRange<Double> {
            Projection(Axis(""), covering: values, ticks: 6, isRounded: true).range
        }
        #expect(range([0.4, 2.1]) == 0...2.5)
        #expect(range([101, 107]) == 101...107)
        #expect(range([-3, 8]) == -4...8)
        #expect(range([.nan, .infinity]) == 0...1)
        #expect(range([]) == 0...1)
        #expect(range([5]).lowerBound < 5 && range([5]).upperBound > 5)
    }

    @Test func valuesFindTheirPlaces() {
        let ordinal = Projection(
            Axis("", scale: .ordinal([0, 5, 150])), covering: [], ticks: 5, isRounded: false
        ).between(0, 100)
        #expect([0, 5, 150, 7].map(ordinal.place) == [0, 50, 100, nil])
        let linear = Projection(
            Axis("", range: 0...10), covering: [], ticks: 5, isRounded: false
        ).between(100, 0)
        #expect([0, 5, 10, -1, .nan].map { linear.place($0)?.rounded() } == [100, 50, 0, 110, nil])
    }

    @Test(arguments: [
        (1.25, "1.25"), (0.97, "0.97"), (1, "1.00"), (12.5, "12.5"), (9.996, "10.0"), (99.96, "100"), (1250, "1250"),
        (12_000, "12\u{A0}k"), (12_345, "12.3\u{A0}k"), (9_999.6, "10\u{A0}k"), (999_900, "1\u{A0}M"),
        (0.0042, "0.0042"),
        (-0.4, "−0.40"), (0, "0"), (-0.0, "0"), (.nan, "–"), (.infinity, "–"), (1e-9, "1e−09"), (3e20, "3e+20"),
    ])
    func numbersAreShort(value: Double, text: String) {
        #expect(Numbers.short(value) == text)
    }

    @Test func numbersOfAnAxisAreAlike() {
        #expect(Numbers.ticks([0, 0.5, 1]) == ["0", "0.5", "1.0"])
        #expect(Numbers.ticks([0, 5_000, 10_000]) == ["0", "5\u{A0}k", "10\u{A0}k"])
        #expect(Numbers.ticks([-2, 0, 2]) == ["−2", "0", "2"])
        #expect(Numbers.ticks([]).isEmpty)
        #expect(Numbers.short(4, isWhole: true) == "4")
    }

    @Test func textIsBrokenAndShortenedToFit() {
        #expect(Text.wrapped("one two three", to: 60, size: 12) == ["one two", "three"])
        #expect(Text.wrapped("first\nsecond", to: 500, size: 12) == ["first", "second"])
        #expect(Text.wrapped("", to: 500, size: 12).isEmpty)
        let word = String(repeating: "x", count: 50)
        #expect(Text.wrapped(word, to: 100, size: 12).joined() == word)
        #expect(Text.shortened("marginal", to: 100, size: 12) == "marginal")
        #expect(Text.shortened(word, to: 100, size: 12).hasSuffix("x…"))
        #expect(Text.shortened(word, to: 1, size: 12).isEmpty)
    }
}
