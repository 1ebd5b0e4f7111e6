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
