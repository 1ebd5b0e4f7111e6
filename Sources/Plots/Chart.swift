/// A figure that can stand alone, or beside others in a `Grid`.
public protocol Chart: Sendable {
    var title: String { get }
    /// What was measured, on which machine, by which command.
    var subtitle: String { get }
    /// The picture in words, for those who do not see it.
    var summary: String { get }
    /// The names of the lines, and which of them stand out; a grid names them once for all its charts.
    var legend: [LegendEntry] { get }

    /// The height in pixels, without title and subtitle.
    func height(width: Double, surroundings: Surroundings) -> Double
    func draw(on drawing: inout Drawing, in frame: Rectangle, surroundings: Surroundings)
}

extension Chart {
    public var legend: [LegendEntry] { [] }

    /// The picture as a file of its own, on a white card that is as well read on a dark page.
    public var svg: String { self.svg(width: 860) }

    /// - Parameters:
    ///   - width: in pixels, of the card.
    ///   - idPrefix: of the names within the picture, which have to differ from those of others in one page.
    public func svg(width: Double, idPrefix: String = "") -> String {
        Card(title: self.title, subtitle: self.subtitle, summary: self.summary, width: width, idPrefix: idPrefix)
            .svg(height: { self.height(width: $0, surroundings: .alone) }) {
                self.draw(on: &$0, in: $1, surroundings: .alone)
            }
    }
}

/// A line and its name.
public struct LegendEntry: Sendable, Equatable {
    enum Role {
        case plain, emphasis, reference
    }

    let name: String
    let role: Role
}

/// What is around a chart: nothing, or a grid that shows the names of all lines.
public struct Surroundings: Sendable {
    static let alone = Surroundings(styles: nil)

    /// The grid's; a chart that stands alone has its own.
    let styles: LineStyles?
}

/// The sheet a picture is drawn on, with title and subtitle.
struct Card {
    static let padding = 24.0

    let title: String
    let subtitle: String
    let summary: String
    let width: Double
    let idPrefix: String

    private static let titleSize = 18.0
    private static let subtitleSize = 12.5

    func svg(height: (_ width: Double) -> Double, body: (inout Drawing, Rectangle) -> Void) -> String {
        let width = self.width.clamped(to: 320...4000)
        let inner = width - 2 * Self.padding
        var drawing = Drawing(idPrefix: self.idPrefix)
        var y = Self.padding
        for line in Text.wrapped(self.title, to: inner, size: Self.titleSize, isBold: true) {
            drawing.text(line, at: Place(x: Self.padding, y: y + 14), size: Self.titleSize, colour: .ink, isBold: true)
            y += 24
        }
        for line in Text.wrapped(self.subtitle, to: inner, size: Self.subtitleSize) {
            drawing.text(line, at: Place(x: Self.padding, y: y + 12), size: Self.subtitleSize, colour: .faint)
            y += 18
        }
        if y > Self.padding { y += 14 }
        let bodyHeight = height(inner)
        body(&drawing, Rectangle(x: Self.padding, y: y, width: inner, height: bodyHeight))
        return self.file(drawing, width: width, height: (y + bodyHeight + Self.padding).rounded(.up))
    }

    private func file(_ drawing: Drawing, width: Double, height: Double) -> String {
        var card = Drawing(idPrefix: self.idPrefix)
        card.rectangle(
            Rectangle(x: 0.5, y: 0.5, width: width - 1, height: height - 1), fill: .card,
            stroke: Stroke(colour: .border),
            radius: 12)
        let size = "\(Drawing.number(width)) \(Drawing.number(height))"
        let (titleID, descriptionID) = (self.idPrefix + "title", self.idPrefix + "description")
        let description = [self.subtitle, self.summary].filter { !$0.isEmpty }.joined(separator: " ")
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="\(Drawing.number(width))" \
            height="\(Drawing.number(height))" role="img" aria-labelledby="\(titleID) \(descriptionID)" \
            font-family="system-ui, -apple-system, 'Segoe UI', sans-serif">
            <title id="\(titleID)">\(Drawing.escaped(self.title))</title>
            <desc id="\(descriptionID)">\(Drawing.escaped(description))</desc>
            \(card.elements)\(drawing.elements)</svg>

            """
    }
}
