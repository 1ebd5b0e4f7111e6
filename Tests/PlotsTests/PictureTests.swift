import Foundation
import TestSupport
import Testing

@testable import Plots

/// What every picture has to keep to, whatever it is of.
@Suite
struct PictureTests {
    @Test(arguments: Gallery.all.keys.sorted())
    func isAWellFormedFileOfItsOwn(name: String) throws {
        let picture = try Picture(#require(Gallery.all[name]))
        let root = try #require(picture.elements.first)
        #expect(root.name == "svg")
        #expect(root.attributes["role"] == "img")
        #expect(picture.elements.filter { $0.name == "title" }.count == 1)
        #expect(picture.elements.contains { $0.name == "desc" && !$0.text.isEmpty })
        let known: Set = ["svg", "title", "desc", "rect", "path", "circle", "text", "g", "defs", "clipPath"]
        #expect(Set(picture.elements.map(\.name)).isSubset(of: known))
        let names = picture.elements.compactMap { $0.attributes["id"] }
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: Gallery.all.keys.sorted())
    func hasNoCoordinateThatIsNoNumber(name: String) throws {
        let texts: Set = ["fill", "stroke", "text-anchor", "role", "id", "font-family", "xmlns"]
        for element in try Picture(#require(Gallery.all[name])).elements {
            for (attribute, value) in element.attributes where !texts.contains(attribute) {
                #expect(!value.contains("nan") && !value.contains("inf"), "\(attribute)=\(value)")
            }
        }
    }

    @Test(arguments: Gallery.all.keys.sorted())
    func keepsItsTextsOnTheCard(name: String) throws {
        let picture = try Picture(#require(Gallery.all[name]))
        let width = picture.elements[0].number("width")
        for text in picture.texts {
            let isBold = text.attributes["font-weight"] != nil
            let length = Text.width(text.text, size: text.number("font-size"), isBold: isBold)
            let shares = ["start": 0, "middle": 0.5, "end": 1]
            let share = try #require(shares[text.attributes["text-anchor", default: "start"]])
            let left = text.number("x") - share * length
            #expect(left >= 0 && left + length <= width, "\(text.text)")
            #expect((0...picture.elements[0].number("height")).contains(text.number("y")))
        }
    }

    @Test func escapesWhatXMLReservesAndDropsWhatItForbids() throws {
        let name = "a<b> & \"c\" 'd'\u{0}\u{1B}\u{FFFF}\u{9F}é→😀"
        let chart = LineChart(
            title: name, x: Axis(name), y: Axis(name), series: [Series(name, [.init(x: 1, y: 1)])])
        let written = "a<b> & \"c\" 'd'é→😀"
        let picture = try Picture(Grid(title: name, subtitle: name, charts: [chart]).svg(width: 1000))
        #expect(picture.elements.first { $0.name == "title" }?.text == written)
        #expect(picture.texts.filter { $0.text == written }.count == 6)
    }

    @Test func writesTheGalleryWhereItIsWanted() throws {
        // To look at: FORETOKEN_GALLERY=/tmp/gallery swift test --filter PlotsTests
        guard let folder = ProcessInfo.processInfo.environment["FORETOKEN_GALLERY"] else { return }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, svg) in Gallery.all { try Data(svg.utf8).write(to: URL(filePath: "\(folder)/\(name).svg")) }
    }
}
