import TestSupport
import Testing

@testable import Plots

@Suite
struct ChartTests {
    private func grid(_ series: [Series]) throws -> Picture {
        let chart = LineChart(title: "", x: Axis("x"), y: Axis("y"), series: series)
        return try Picture(Grid(title: "", charts: [chart]).svg(width: 1000))
    }

    @Test func onlyOneLineStandsOut() throws {
        let texts = try Picture(Gallery.curves.svg(width: 1000)).texts
        let strong = texts.filter { text in
            text.attributes["font-weight"] != nil && Gallery.curve.series.contains { $0.name == text.text }
        }
        #expect(strong.map(\.text) == ["as asked"])
        let styles = LineStyles(Gallery.curve.series)
        let looks = Gallery.curve.series.map { styles[$0.name].stroke }
        for (index, look) in looks.enumerated() { #expect(!looks[..<index].contains(look)) }
    }

    @Test func everyLineIsNamedOnce() throws {
        let texts = try Picture(Gallery.curves.svg(width: 1000)).texts.map(\.text)
        for series in Gallery.curve.series { #expect(texts.filter { $0 == series.name }.count == 1) }
    }

    @Test func aPointWithoutAPlaceInterruptsTheLine() throws {
        let points = [1.0, 2, .nan, 4, 5].enumerated().map { Series.Point(x: Double($0), y: $1) }
        let style = LineStyles([Series("a", points)])["a"]
        let lines = try self.grid([Series("a", points)]).elements.filter {
            $0.attributes["stroke"] == style.colour.hexadecimal && $0.number("stroke-width") == style.width
        }
        // One more is the sample beside the name.
        #expect(lines.count == 3)
    }

    @Test func onePointIsSeen() throws {
        let picture = try self.grid([Series("a", [.init(x: 3, y: 7)])])
        #expect(picture.elements.filter { $0.name == "circle" }.count == 1)
    }

    @Test func whereThereIsNothingThePictureSaysSo() throws {
        #expect(try self.grid([Series("a", [])]).texts.contains { $0.text == "no values" })
        #expect(try !self.grid([Series("a", [.init(x: 3, y: 7)])]).texts.contains { $0.text == "no values" })
    }
}
