import Foundation
import Plots

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// An SVG file as a parser of XML sees it.
final class Picture: NSObject, XMLParserDelegate {
    struct Element {
        var name: String
        var attributes: [String: String]
        var text = ""

        func number(_ name: String) -> Double { self.attributes[name].flatMap(Double.init) ?? 0 }
    }

    struct Malformed: Error {
        let reason: String
    }

    private(set) var elements: [Element] = []
    private var open: [Int] = []

    init(_ svg: String) throws {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        guard parser.parse() else { throw Malformed(reason: "\(parser.parserError, default: "unknown") in \(svg)") }
    }

    var texts: [Element] { self.elements.filter { $0.name == "text" } }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        self.open.append(self.elements.count)
        self.elements.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        if let last = self.open.last { self.elements[last].text += text }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        self.open.removeLast()
    }
}
