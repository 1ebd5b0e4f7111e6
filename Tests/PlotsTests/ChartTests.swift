import TestSupport
import Testing

@testable import Plots

@Suite
struct ChartTests {
    @Test func namesAtLineEndsDoNotOverlap() throws {
        for chart in [Gallery.lines, Gallery.logarithmicLines, Gallery.long] {
            let labels = try Picture(chart.svg).texts.filter { $0.number("font-size") == 12 && $0.number("x") > 500 }
            let heights = labels.map { $0.number("y") }.sorted()
            #expect(heights.count == chart.legend.count)
            for (upper, lower) in zip(heights, heights.dropFirst()) { #expect(lower - upper >= 15.8) }
        }
    }

    @Test func onlyOneLineStandsOut() throws {
        let strong = try Picture(Gallery.lines.svg).texts.filter { $0.attributes["fill"] == Colour.strong.hexadecimal }
        #expect(strong.map(\.text) == ["marginal"])
        let styles = LineStyles(Gallery.lines.legend)
        let looks = Gallery.lines.legend.map { styles[$0.name].stroke }
        for (index, look) in looks.enumerated() { #expect(!looks[..<index].contains(look)) }
    }

    @Test func aPointWithoutAPlaceInterruptsTheLine() throws {
        let points = [1.0, 2, .nan, 4, 5].enumerated().map { Series.Point(x: Double($0), y: $1) }
        let style = LineStyles([Series("a", points).legendEntry])["a"]
        let chart = LineChart(title: "", x: Axis("x"), y: Axis("y"), series: [Series("a", points)])
        let lines = try Picture(chart.svg).elements.filter {
            $0.attributes["stroke"] == style.colour.hexadecimal && $0.number("stroke-width") == style.width
        }
        #expect(lines.count == 2)
    }

    @Test func onePointIsSeen() throws {
        let chart = LineChart(title: "", x: Axis("x"), y: Axis("y"), series: [Series("a", [.init(x: 3, y: 7)])])
        #expect(try Picture(chart.svg).elements.filter { $0.name == "circle" }.count == 1)
    }

    @Test func chartsOnACommonScaleHaveTheSameTicks() {
        let charts = [1.0, 30].map { top in
            LineChart(title: "", x: Axis("x"), y: Axis("y"), series: [Series("a", [.init(x: 0, y: top)])])
        }
        #expect(charts.onCommonScale().map(\.y.range) == [0...30, 0...30])
        #expect([LineChart]().onCommonScale().isEmpty)
    }

    @Test func cellsShowTheirNumbersAndMissingOnesNone() throws {
        let texts = try Picture(Gallery.sequential.svg).texts.map(\.text)
        #expect(texts.contains("12.1"))
        // One NaN, and four values that the last row lacks.
        #expect(texts.filter { $0 == "–" }.count == 5)
    }

    @Test func textOnColoursIsReadable() {
        for ramp in [ColourRamp.sequential, .diverging] {
            for share in 0...100 {
                let colour = ramp.colour(at: Double(share) / 100)
                let (one, other) = (colour.luminance + 0.05, colour.text.luminance + 0.05)
                #expect(max(one, other) / min(one, other) >= 4)
            }
        }
    }

    @Test func ratiosAreColouredAlikeOnBothSides() {
        let scale = ColourScale(.ratios, [0.5, 1, 4])
        #expect(scale.colour(1) == ColourRamp.diverging.colour(at: 0.5))
        #expect(scale.colour(4) == ColourRamp.diverging.colour(at: 1))
        #expect(scale.colour(0.25) == ColourRamp.diverging.colour(at: 0))
        let middle = scale.marks { "\($0)" }.first { $0.text == "1" }
        #expect(abs((middle?.share ?? 0) - 1.0 / 3) < 1e-9)
    }

    @Test func barsBeginAtZeroAndKeepTheirLength() throws {
        let chart = BarChart(
            title: "", axis: Axis("x"), groups: [.init("", [.init("a", 50), .init("b", 100), .init("c", .nan)])])
        let bars = try Picture(chart.svg).elements.filter { $0.attributes["fill"] == Colour.plain.hexadecimal }
        #expect(bars.count == 2)
        #expect(abs(bars[1].number("width") - 2 * bars[0].number("width")) < 0.3)
        #expect(bars[0].number("x") == bars[1].number("x"))
    }

    @Test func marksThatAreCloseStandInRows() throws {
        let texts = try Picture(Gallery.steps.svg).texts
        let heights = ["80 ms", "code begins"].map { name in texts.first { $0.text == name }?.number("y") }
        #expect(heights[0] != nil && heights[0] != heights[1])
    }
}
