/// Lines over a common axis, each named where it ends: the speed of every rule over the distance.
public struct LineChart: Chart {
    public var title: String
    public var subtitle: String
    public var x: Axis
    public var y: Axis
    public var series: [Series]
    public var reference: ReferenceLine?
    /// In pixels, of the whole chart without its title; more where the names need it.
    public var height: Double

    public init(
        title: String, subtitle: String = "", x: Axis, y: Axis, series: [Series], reference: ReferenceLine? = nil,
        height: Double = 380
    ) {
        self.title = title
        self.subtitle = subtitle
        self.x = x
        self.y = y
        self.series = series
        self.reference = reference
        self.height = height
    }

    public var legend: [LegendEntry] {
        self.series.map(\.legendEntry)
            + (self.reference.map { [LegendEntry(name: $0.name, role: .reference)] } ?? [])
    }

    public var summary: String {
        let lines = self.series.compactMap { series -> String? in
            let points = series.points.filter { $0.x.isDrawable && $0.y.isDrawable }
            guard let first = points.first, let last = points.last else { return nil }
            return "\(series.name): \(Numbers.short(first.y)) at \(Numbers.plain([first.x])[0]), "
                + "\(Numbers.short(last.y)) at \(Numbers.plain([last.x])[0])."
        }
        return (["\(self.y.caption) over \(self.x.caption)."] + lines).joined(separator: " ")
    }

    public func height(width: Double, surroundings: Surroundings) -> Double {
        let height = self.height.clamped(to: 120...4000)
        if surroundings.styles != nil { return min(height, 0.72 * width + 60) }
        return max(height, EndLabels(self.legend).height + Self.head + Self.foot)
    }

    public func draw(on drawing: inout Drawing, in frame: Rectangle, surroundings: Surroundings) {
        let labels = EndLabels(self.legend)
        let labelWidth = surroundings.styles == nil ? labels.width(within: frame.width) : 10
        let styles = surroundings.styles ?? LineStyles(self.legend)

        let height = frame.height - Self.head - Self.foot
        let y = Projection(self.y, covering: self.heights, ticks: Int(height / 38), isRounded: true)
        let left = PlotFrame.tickWidth(y)
        let width = frame.width - left - labelWidth
        let x = Projection(
            self.x, covering: self.series.flatMap { $0.points.map(\.x) }, ticks: max(3, Int(width / 70)),
            isRounded: false)
        let area = Rectangle(x: frame.x + left, y: frame.y + Self.head, width: width, height: height)
        let plot = PlotFrame(area, x: x, y: y)

        plot.drawGrid(on: &drawing)
        plot.drawFoot(on: &drawing)
        plot.drawCaption(on: &drawing, from: frame.x, to: area.right)
        if self.series.allSatisfy({ plot.end(of: $0) == nil }) { plot.drawNothing(on: &drawing) }
        if let reference = self.reference { plot.drawReference(reference.value, on: &drawing) }
        plot.draw(self.series, styles, on: &drawing)
        if surroundings.styles == nil {
            let ends = self.series.map { plot.end(of: $0) }
            let reference = self.reference.map { [plot.y.place($0.value).map { Place(x: area.right, y: $0) }] } ?? []
            labels.draw(
                ends: ends + reference, styles,
                in: Rectangle(x: area.right, y: area.y, width: labelWidth, height: area.height), on: &drawing)
        }
    }

    /// What the upright axis has to cover.
    var heights: [Double] {
        self.series.flatMap(\.heights) + (self.reference.map { [$0.value] } ?? [])
    }

    private static let head = 26.0
    private static let foot = 40.0
}

extension [LineChart] {
    /// The charts with one scale of their upright axes, so that they can be compared: each axis covers all lines.
    public func onCommonScale() -> [LineChart] {
        guard let first = self.first else { return self }
        let range = Projection(first.y, covering: self.flatMap(\.heights), ticks: 6, isRounded: true).range
        return self.map { chart in
            var chart = chart
            chart.y.range = range
            return chart
        }
    }
}
