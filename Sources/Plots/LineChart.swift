/// Lines over a common axis, as one of the pictures of a `Grid`, which names the lines.
public struct LineChart: Sendable {
    public var title: String
    public var x: Axis
    public var y: Axis
    public var series: [Series]
    /// In pixels, without the title.
    public var height: Double

    public init(title: String, x: Axis, y: Axis, series: [Series], height: Double = 380) {
        self.title = title
        self.x = x
        self.y = y
        self.series = series
        self.height = height
    }

    /// The picture in words, for those who do not see it.
    var summary: String {
        let lines = self.series.compactMap { series -> String? in
            let points = series.points.filter { $0.x.isDrawable && $0.y.isDrawable }
            guard let first = points.first, let last = points.last else { return nil }
            return "\(series.name): \(Numbers.short(first.y)) at \(Numbers.plain([first.x])[0]), "
                + "\(Numbers.short(last.y)) at \(Numbers.plain([last.x])[0])."
        }
        return (["\(self.y.caption) over \(self.x.caption)."] + lines).joined(separator: " ")
    }

    /// In pixels, without the title.
    func height(width: Double) -> Double { min(self.height.clamped(to: 120...4000), 0.72 * width + 60) }

    func draw(on drawing: inout Drawing, in frame: Rectangle, _ styles: LineStyles) {
        let height = frame.height - Self.head - Self.foot
        let y = Projection(self.y, covering: self.series.flatMap(\.heights), ticks: Int(height / 38), isRounded: true)
        let left = PlotFrame.tickWidth(y)
        let width = frame.width - left - 10
        let x = Projection(
            self.x, covering: self.series.flatMap { $0.points.map(\.x) }, ticks: max(3, Int(width / 70)),
            isRounded: false)
        let area = Rectangle(x: frame.x + left, y: frame.y + Self.head, width: width, height: height)
        let plot = PlotFrame(area, x: x, y: y)

        plot.drawGrid(on: &drawing)
        plot.drawFoot(on: &drawing)
        plot.drawCaption(on: &drawing, from: frame.x, to: area.right)
        if !self.series.contains(where: plot.hasPlace) { plot.drawNothing(on: &drawing) }
        plot.draw(self.series, styles, on: &drawing)
    }

    private static let head = 26.0
    private static let foot = 40.0
}
