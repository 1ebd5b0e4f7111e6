import Foundation

/// A place in a picture, in pixels from its upper left corner.
struct Place: Equatable {
    var x: Double
    var y: Double
}

/// A part of a picture, in pixels.
struct Rectangle: Sendable, Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    var right: Double { self.x + self.width }
    var bottom: Double { self.y + self.height }

    func grown(by margin: Double) -> Rectangle {
        Rectangle(
            x: self.x - margin, y: self.y - margin, width: self.width + 2 * margin, height: self.height + 2 * margin)
    }
}

struct Stroke: Equatable {
    var colour: Colour
    var width = 1.0
    /// Lengths of dashes and gaps in turn; empty for a whole line.
    var dashes: [Double] = []
    var opacity = 1.0
}

/// Collects the elements of an SVG picture.
struct Drawing: Sendable {
    enum Anchor: String {
        case start, middle, end
    }

    /// What the names of definitions begin with.
    let idPrefix: String
    private(set) var elements = ""
    private var definitionCount = 0

    init(idPrefix: String = "") {
        self.idPrefix = idPrefix
    }

    mutating func rectangle(
        _ frame: Rectangle, fill: Colour?, stroke: Stroke? = nil, radius: Double = 0, opacity: Double = 1
    ) {
        guard frame.width > 0, frame.height > 0 else { return }
        let rounding = radius > 0 ? #" rx="\#(Self.number(radius))""# : ""
        self.elements += "<rect\(Self.attributes(frame))\(rounding)"
        self.elements += "\(Self.fill(fill, opacity: opacity))\(Self.stroke(stroke))/>\n"
    }

    mutating func line(from start: Place, to end: Place, _ stroke: Stroke) {
        self.polyline([start, end], stroke)
    }

    /// Draws nothing where there are less than two places.
    mutating func polyline(_ places: [Place], _ stroke: Stroke) {
        guard places.count > 1 else { return }
        self.elements += #"<path d="\#(Self.path(places))" fill="none"\#(Self.stroke(stroke))/>"# + "\n"
    }

    mutating func polygon(_ places: [Place], fill: Colour, opacity: Double = 1) {
        guard places.count > 2 else { return }
        self.elements += #"<path d="\#(Self.path(places))Z"\#(Self.fill(fill, opacity: opacity))/>"# + "\n"
    }

    mutating func circle(at centre: Place, radius: Double, fill: Colour, stroke: Stroke? = nil) {
        self.elements += #"<circle cx="\#(Self.number(centre.x))" cy="\#(Self.number(centre.y))""#
        self.elements += #" r="\#(Self.number(radius))"\#(Self.fill(fill, opacity: 1))\#(Self.stroke(stroke))/>"# + "\n"
    }

    /// - Parameters:
    ///   - place: the end of the base line that `anchor` names.
    ///   - hasHalo: what lies behind is kept from the letters.
    mutating func text(
        _ text: String, at place: Place, size: Double, colour: Colour, anchor: Anchor = .start, isBold: Bool = false,
        hasHalo: Bool = false
    ) {
        guard !text.isEmpty else { return }
        let (x, y) = (Self.number(place.x), Self.number(place.y))
        self.elements += #"<text x="\#(x)" y="\#(y)" font-size="\#(Self.number(size))" fill="\#(colour.hexadecimal)""#
        if anchor != .start { self.elements += #" text-anchor="\#(anchor.rawValue)""# }
        if isBold { self.elements += #" font-weight="600""# }
        if hasHalo { self.elements += " paint-order=\"stroke\"\(Self.stroke(Stroke(colour: .card, width: 5)))" }
        self.elements += ">\(Self.escaped(text))</text>\n"
    }

    /// Draws within a rectangle only.
    mutating func clipped(to frame: Rectangle, _ draw: (inout Drawing) -> Void) {
        self.definitionCount += 1
        let name = "\(self.idPrefix)clip\(self.definitionCount)"
        self.elements += #"<defs><clipPath id="\#(name)"><rect\#(Self.attributes(frame))/></clipPath></defs>"# + "\n"
        self.elements += #"<g clip-path="url(#\#(name))">"# + "\n"
        draw(&self)
        self.elements += "</g>\n"
    }

    /// The text with what XML reserves written as entities, and without what it forbids.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\t", "\n", "\r": escaped += " "
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": continue
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A coordinate to a tenth of a pixel.
    static func number(_ value: Double) -> String {
        let tenths = Int((value.clamped(to: -1e6...1e6) * 10).rounded())
        if tenths % 10 == 0 { return "\(tenths / 10)" }
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    private static func attributes(_ frame: Rectangle) -> String {
        #" x="\#(Self.number(frame.x))" y="\#(Self.number(frame.y))""#
            + #" width="\#(Self.number(frame.width))" height="\#(Self.number(frame.height))""#
    }

    private static func path(_ places: [Place]) -> String {
        "M" + places.map { "\(Self.number($0.x)) \(Self.number($0.y))" }.joined(separator: "L")
    }

    private static func fill(_ colour: Colour?, opacity: Double) -> String {
        guard let colour else { return #" fill="none""# }
        return #" fill="\#(colour.hexadecimal)""# + (opacity < 1 ? " fill-opacity=\"\(Self.fraction(opacity))\"" : "")
    }

    private static func stroke(_ stroke: Stroke?) -> String {
        guard let stroke else { return "" }
        var text = #" stroke="\#(stroke.colour.hexadecimal)" stroke-width="\#(Self.number(stroke.width))""#
        if !stroke.dashes.isEmpty {
            text += #" stroke-dasharray="\#(stroke.dashes.map(Self.number).joined(separator: " "))""#
        }
        if stroke.opacity < 1 { text += " stroke-opacity=\"\(Self.fraction(stroke.opacity))\"" }
        return text
    }

    private static func fraction(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
