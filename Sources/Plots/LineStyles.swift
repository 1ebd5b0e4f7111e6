/// How a line looks.
struct LineStyle: Equatable {
    var colour: Colour
    var width: Double
    var dashes: [Double] = []
    var opacity = 1.0

    static let emphasis = LineStyle(colour: .strong, width: 3.5)

    var stroke: Stroke {
        Stroke(colour: self.colour, width: self.width, dashes: self.dashes, opacity: self.opacity)
    }
}

/// Gives every name a look: those that stand out a strong colour, the others muted ones that the colour-blind tell
/// apart as well (after Paul Tol's "muted" scheme, darkened for white), with a dash pattern besides.
struct LineStyles: Sendable {
    private var styles: [String: LineStyle] = [:]

    private static let colours: [Colour] = [
        0x332288, 0x2A8C7D, 0xA8842C, 0x882255, 0x3B7EBF, 0x117733, 0xAA4499, 0x7A7A1F, 0xC2608A,
    ].map(Colour.init)
    private static let dashes: [[Double]] = [[], [7, 3], [2, 2.5], [9, 3, 2, 3]]

    init(_ series: [Series]) {
        var plain = 0
        for series in series where self.styles[series.name] == nil {
            if series.isEmphasized {
                self.styles[series.name] = .emphasis
                continue
            }
            self.styles[series.name] = LineStyle(
                colour: Self.colours[plain % Self.colours.count], width: 1.5,
                dashes: Self.dashes[plain % Self.dashes.count], opacity: 0.85)
            plain += 1
        }
    }

    subscript(name: String) -> LineStyle { self.styles[name] ?? .emphasis }
}
