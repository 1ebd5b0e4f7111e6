/// Several charts side by side under one title, the names of their lines given once for all.
public struct Grid: Sendable {
    public var title: String
    public var subtitle: String
    public var columns: Int
    /// Row by row.
    public var charts: [LineChart]

    public init(title: String, subtitle: String = "", columns: Int = 3, charts: [LineChart]) {
        self.title = title
        self.subtitle = subtitle
        self.columns = columns
        self.charts = charts
    }

    /// - Parameters:
    ///   - width: in pixels, of the card.
    ///   - idPrefix: of the names within the picture, which have to differ from those of others in one page.
    public func svg(width: Double, idPrefix: String = "") -> String {
        var series: [Series] = []
        for one in self.charts.flatMap(\.series) where !series.contains(where: { $0.name == one.name }) {
            series.append(one)
        }
        let styles = LineStyles(series)
        let legend = Legend(series)
        let summary = self.charts.map { "\($0.title): \($0.summary)" }.joined(separator: " ")
        return Card(
            title: self.title, subtitle: self.subtitle, summary: summary, width: width, idPrefix: idPrefix
        ).svg { width in
            let rows = self.rows(width)
            return legend.height(width: width) + rows.map { $0.headHeight + $0.bodyHeight }.reduce(0, +)
                + Self.gap * Double(max(0, rows.count - 1))
        } body: { drawing, frame in
            legend.draw(styles, in: frame, on: &drawing)
            let width = self.cellWidth(frame.width)
            var y = frame.y + legend.height(width: frame.width)
            for row in self.rows(frame.width) {
                for (column, chart) in row.charts.enumerated() {
                    let x = frame.x + Double(column) * (width + Self.gap)
                    var top = y
                    for line in Self.head(of: chart, width: width) {
                        drawing.text(
                            line, at: Place(x: x, y: top + 13), size: Self.titleSize, colour: .ink, isBold: true)
                        top += Self.linePitch
                    }
                    let frame = Rectangle(
                        x: x, y: y + row.headHeight, width: width, height: chart.height(width: width))
                    chart.draw(on: &drawing, in: frame, styles)
                }
                y += row.headHeight + row.bodyHeight + Self.gap
            }
        }
    }

    private static let gap = 26.0
    private static let linePitch = 18.0
    private static let titleSize = 13.5

    private func cellWidth(_ width: Double) -> Double {
        let columns = Double(max(1, min(self.columns, self.charts.count)))
        return max(120, (width - (columns - 1) * Self.gap) / columns)
    }

    private func rows(_ width: Double) -> [(charts: [LineChart], headHeight: Double, bodyHeight: Double)] {
        let cell = self.cellWidth(width)
        return stride(from: 0, to: self.charts.count, by: max(1, self.columns)).map { first in
            let charts = Array(self.charts[first..<min(first + max(1, self.columns), self.charts.count)])
            let lines = charts.map { Self.head(of: $0, width: cell).count }.max() ?? 0
            let body = charts.map { $0.height(width: cell) }.max() ?? 0
            return (charts, lines > 0 ? Double(lines) * Self.linePitch + 6 : 0, body)
        }
    }

    private static func head(of chart: LineChart, width: Double) -> [String] {
        Text.wrapped(chart.title, to: width, size: Self.titleSize, isBold: true)
    }
}

/// The names of lines beside samples of them, in as many rows as they need.
struct Legend {
    private let entries: [Series]
    private static let size = 12.0
    private static let sample = 26.0
    private static let pitch = 20.0

    init(_ entries: [Series]) {
        self.entries = entries
    }

    func height(width: Double) -> Double {
        let rows = (self.places(width: width).map(\.y).max() ?? -1) + 1
        return rows > 0 ? rows * Self.pitch + 14 : 0
    }

    func draw(_ styles: LineStyles, in frame: Rectangle, on drawing: inout Drawing) {
        for (entry, place) in zip(self.entries, self.places(width: frame.width)) {
            let style = styles[entry.name]
            let (x, y) = (frame.x + place.x, frame.y + place.y * Self.pitch + 8)
            drawing.line(from: Place(x: x, y: y), to: Place(x: x + Self.sample, y: y), style.stroke)
            let room = frame.width - Self.sample - 6
            let isBold = entry.isEmphasized
            drawing.text(
                Text.shortened(entry.name, to: room, size: Self.size, isBold: isBold),
                at: Place(x: x + Self.sample + 6, y: y + 4), size: Self.size, colour: .ink, isBold: isBold)
        }
    }

    /// Where each entry stands, from the left in pixels and from the top in rows.
    private func places(width: Double) -> [Place] {
        var next = Place(x: 0, y: 0)
        return self.entries.map { entry in
            let length =
                Self.sample + 6 + Text.width(entry.name, size: Self.size, isBold: entry.isEmphasized)
            if next.x > 0, next.x + length > width { next = Place(x: 0, y: next.y + 1) }
            defer { next.x += length + 20 }
            return next
        }
    }
}
