/// The area between two axes, and what is drawn in it.
struct PlotFrame {
    static let tickSize = 11.5
    static let captionSize = 12.0

    let area: Rectangle
    let x: Projection
    let y: Projection

    init(_ area: Rectangle, x: Projection, y: Projection) {
        self.area = area
        self.x = x.between(area.x, area.right)
        self.y = y.between(area.bottom, area.y)
    }

    /// The width that the numbers beside the axis take.
    static func tickWidth(_ projection: Projection) -> Double {
        (projection.tickTexts.map { Text.width($0, size: Self.tickSize) }.max() ?? 0) + 10
    }

    func drawGrid(on drawing: inout Drawing) {
        for (tick, text) in zip(self.y.ticks, self.y.tickTexts) {
            guard let y = self.y.place(tick) else { continue }
            drawing.line(from: Place(x: self.area.x, y: y), to: Place(x: self.area.right, y: y), Stroke(colour: .grid))
            drawing.text(
                text, at: Place(x: self.area.x - 8, y: y + 4), size: Self.tickSize, colour: .faint, anchor: .end)
        }
    }

    /// Draws the line at the foot with its ticks, and below it the axis's name.
    func drawFoot(on drawing: inout Drawing) {
        let bottom = self.area.bottom
        drawing.line(
            from: Place(x: self.area.x, y: bottom), to: Place(x: self.area.right, y: bottom), Stroke(colour: .axis))
        var free = -Double.infinity
        for (tick, text) in zip(self.x.ticks, self.x.tickTexts) {
            guard let x = self.x.place(tick) else { continue }
            drawing.line(from: Place(x: x, y: bottom), to: Place(x: x, y: bottom + 4), Stroke(colour: .axis))
            // A number that has no room is left out; its tick stays.
            let half = Text.width(text, size: Self.tickSize) / 2
            guard x - half >= free else { continue }
            free = x + half + 3
            drawing.text(
                text, at: Place(x: x, y: bottom + 17), size: Self.tickSize, colour: .faint, anchor: .middle)
        }
        drawing.text(
            Text.shortened(self.x.axis.caption, to: self.area.width, size: Self.captionSize),
            at: Place(x: self.area.x + self.area.width / 2, y: bottom + 36), size: Self.captionSize, colour: .ink,
            anchor: .middle)
    }

    /// Writes the name of the upright axis above it, where it is read without turning the head.
    func drawCaption(on drawing: inout Drawing, from left: Double, to right: Double) {
        drawing.text(
            Text.shortened(self.y.axis.caption, to: right - left, size: Self.captionSize),
            at: Place(x: left, y: self.area.y - 11), size: Self.captionSize, colour: .ink, hasHalo: true)
    }

    func drawNothing(on drawing: inout Drawing) {
        let centre = Place(x: self.area.x + self.area.width / 2, y: self.area.y + self.area.height / 2)
        drawing.text("no values", at: centre, size: Self.captionSize, colour: .faint, anchor: .middle)
    }

    /// Draws the series, those that stand out on top.
    func draw(_ series: [Series], _ styles: LineStyles, on drawing: inout Drawing) {
        drawing.clipped(to: self.area.grown(by: 6)) { drawing in
            for series in series { self.drawIntervals(series, styles[series.name], on: &drawing) }
            for isEmphasized in [false, true] {
                for series in series where series.isEmphasized == isEmphasized {
                    self.drawLine(series, styles[series.name], on: &drawing)
                }
            }
        }
    }

    /// Whether any point of a series is within what the axes can show.
    func hasPlace(_ series: Series) -> Bool { series.points.contains { self.place($0.x, $0.y) != nil } }

    private func place(_ x: Double, _ y: Double) -> Place? {
        guard let x = self.x.place(x), let y = self.y.place(y) else { return nil }
        return Place(x: x, y: y)
    }

    private func drawLine(_ series: Series, _ style: LineStyle, on drawing: inout Drawing) {
        let places = series.points.map { self.place($0.x, $0.y) }
        // A point without a place interrupts the line.
        for run in places.split(separator: nil) { drawing.polyline(run.compactMap { $0 }, style.stroke) }
        let distance = self.area.width / Double(max(1, places.count - 1))
        for (index, place) in places.enumerated() {
            guard let place else { continue }
            let isLone =
                (index == 0 || places[index - 1] == nil) && (index + 1 == places.count || places[index + 1] == nil)
            if isLone || distance >= 14 {
                let radius = min(4, max(2.6, 0.06 * distance))
                drawing.circle(at: place, radius: series.isEmphasized ? radius : 0.6 * radius, fill: style.colour)
            }
        }
    }

    private func drawIntervals(_ series: Series, _ style: LineStyle, on drawing: inout Drawing) {
        let intervals = series.points.map { point -> (low: Place, high: Place)? in
            guard let low = self.place(point.x, point.low ?? .nan), let high = self.place(point.x, point.high ?? .nan)
            else { return nil }
            return (low, high)
        }
        for run in intervals.split(whereSeparator: { $0 == nil }) {
            let places = run.compactMap(\.self?.high) + run.reversed().compactMap(\.self?.low)
            drawing.polygon(places, fill: style.colour, opacity: series.isEmphasized ? 0.16 : 0.09)
        }
    }
}
