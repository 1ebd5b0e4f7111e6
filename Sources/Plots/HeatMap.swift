import Foundation

/// A table whose numbers are also seen as colours: the speed-up over acceptance and delay.
public struct HeatMap: Chart {
    /// What colours say.
    public enum Colouring: Sendable, Equatable {
        /// From the least value, light, to the largest, dark.
        case sequential
        /// Blue above a value, orange below it, by the difference.
        case diverging(around: Double)
        /// Blue above 1, orange below, by the ratio: 2 is as blue as 0.5 is orange.
        case ratios
    }

    public var title: String
    public var subtitle: String
    /// What the rows stand for, from top to bottom.
    public var rowAxis: Axis
    public var rows: [String]
    public var columnAxis: Axis
    public var columns: [String]
    /// Row by row; a cell without a number stays empty.
    public var values: [[Double]]
    /// What the numbers are.
    public var value: Axis
    public var colouring: Colouring

    public init(
        title: String, subtitle: String = "", rowAxis: Axis, rows: [String], columnAxis: Axis, columns: [String],
        value: Axis, values: [[Double]], colouring: Colouring = .sequential
    ) {
        self.title = title
        self.subtitle = subtitle
        self.rowAxis = rowAxis
        self.rows = rows
        self.columnAxis = columnAxis
        self.columns = columns
        self.value = value
        self.values = values
        self.colouring = colouring
    }

    public var summary: String {
        let drawable = self.drawable
        guard let least = drawable.min(), let largest = drawable.max() else { return "No values." }
        return "\(self.value.caption) over \(self.columnAxis.caption) and \(self.rowAxis.caption): "
            + "from \(Numbers.short(least)) to \(Numbers.short(largest))."
    }

    public func height(width: Double, surroundings: Surroundings) -> Double {
        let layout = Layout(self, width: width)
        return Self.head + Double(self.rows.count) * Self.cellHeight + layout.columnHeight + 26
    }

    public func draw(on drawing: inout Drawing, in frame: Rectangle, surroundings: Surroundings) {
        let layout = Layout(self, width: frame.width)
        let top = frame.y + Self.head
        let left = frame.x + layout.rowWidth
        let bottom = top + Double(self.rows.count) * Self.cellHeight
        let scale = ColourScale(self.colouring, self.drawable)
        self.drawHead(scale, in: frame, on: &drawing)
        for (row, name) in self.rows.enumerated() {
            let y = top + Double(row) * Self.cellHeight
            drawing.text(
                Text.shortened(name, to: layout.rowWidth - 10, size: PlotFrame.tickSize),
                at: Place(x: left - 8, y: y + Self.cellHeight / 2 + 4), size: PlotFrame.tickSize, colour: .faint,
                anchor: .end)
            for column in self.columns.indices {
                let cell = Rectangle(
                    x: left + Double(column) * layout.cellWidth, y: y, width: layout.cellWidth, height: Self.cellHeight)
                self.drawCell(self.number(row, column), cell, layout, scale, on: &drawing)
            }
        }
        for (column, name) in self.columns.enumerated() {
            let x = left + (Double(column) + 0.5) * layout.cellWidth
            let place = Place(x: layout.isTurned ? x + 4 : x, y: bottom + (layout.isTurned ? 14 : 17))
            drawing.text(
                Text.shortened(name, to: Layout.longestColumn, size: PlotFrame.tickSize), at: place,
                size: PlotFrame.tickSize, colour: .faint, anchor: layout.isTurned ? .end : .middle,
                angle: layout.isTurned ? -Layout.angle : 0)
        }
        let width = Double(self.columns.count) * layout.cellWidth
        drawing.text(
            Text.shortened(self.columnAxis.caption, to: frame.width - layout.rowWidth, size: PlotFrame.captionSize),
            at: Place(x: left + width / 2, y: bottom + layout.columnHeight + 14), size: PlotFrame.captionSize,
            colour: .ink, anchor: .middle)
    }

    private static let head = 50.0
    private static let cellHeight = 30.0
    private static let legendWidth = 150.0

    private var drawable: [Double] {
        self.rows.indices.flatMap { row in self.columns.indices.compactMap { self.number(row, $0) } }
    }

    private func number(_ row: Int, _ column: Int) -> Double? {
        guard row < self.values.count, column < self.values[row].count else { return nil }
        let value = self.values[row][column]
        return value.isDrawable ? value : nil
    }

    private func text(_ value: Double) -> String {
        Numbers.short(value, isWhole: self.drawable.allSatisfy { $0 == $0.rounded() })
    }

    private func drawCell(
        _ value: Double?, _ frame: Rectangle, _ layout: Layout, _ scale: ColourScale, on drawing: inout Drawing
    ) {
        let inner = Rectangle(x: frame.x + 1, y: frame.y + 1, width: frame.width - 2, height: frame.height - 2)
        let colour = value.map(scale.colour) ?? .missing
        drawing.rectangle(inner, fill: colour, radius: 3)
        guard layout.numberSize > 0 else { return }
        drawing.text(
            value.map(self.text) ?? "–",
            at: Place(x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 + 0.35 * layout.numberSize),
            size: layout.numberSize, colour: value == nil ? .faint : colour.text, anchor: .middle)
    }

    /// Draws the rows' name at the left, and at the right what the colours mean.
    private func drawHead(_ scale: ColourScale, in frame: Rectangle, on drawing: inout Drawing) {
        let size = PlotFrame.captionSize
        drawing.text(
            Text.shortened(self.rowAxis.caption, to: frame.width, size: size),
            at: Place(x: frame.x, y: frame.y + 40), size: size, colour: .ink)
        guard !self.drawable.isEmpty else { return }
        let width = min(Self.legendWidth, frame.width / 2)
        let bar = Rectangle(x: frame.right - width - 14, y: frame.y + 2, width: width, height: 10)
        let name = Text.shortened(self.value.caption, to: bar.x - frame.x - 10, size: size)
        drawing.text(name, at: Place(x: bar.x - 10, y: frame.y + 11), size: size, colour: .ink, anchor: .end)
        drawing.gradient(bar, scale.legendColours, radius: 3)
        for (share, text) in scale.marks(self.text) {
            let x = bar.x + share * bar.width
            drawing.line(from: Place(x: x, y: bar.bottom), to: Place(x: x, y: bar.bottom + 3), Stroke(colour: .axis))
            drawing.text(text, at: Place(x: x, y: bar.bottom + 14), size: 10.5, colour: .faint, anchor: .middle)
        }
    }

    /// Where rows and columns lie.
    private struct Layout {
        static let angle = 38.0
        static let longestColumn = 150.0

        let rowWidth: Double
        let cellWidth: Double
        /// 0 where numbers find no room.
        let numberSize: Double
        /// Whether the columns' names are written aslant.
        let isTurned: Bool
        let columnHeight: Double

        init(_ map: HeatMap, width: Double) {
            let size = PlotFrame.tickSize
            let widest = map.columns.map { min(Self.longestColumn, Text.width($0, size: size)) }.max() ?? 0
            let rows = min(width / 4, (map.rows.map { Text.width($0, size: size) }.max() ?? 0) + 10)
            let count = Double(max(1, map.columns.count))
            let cell = min(110, (width - rows) / count)
            self.isTurned = widest + 6 > cell
            if self.isTurned {
                // Names that lean to the left must not leave the card.
                let lean = widest * cos(Self.angle * .pi / 180)
                self.rowWidth = max(rows, lean - cell / 2)
                self.cellWidth = min(110, (width - self.rowWidth) / count)
                self.columnHeight = widest * sin(Self.angle * .pi / 180) + 20
            } else {
                self.rowWidth = rows
                self.cellWidth = cell
                self.columnHeight = 24
            }
            let number = map.drawable.map { Text.width(map.text($0), size: 1) }.max() ?? 1
            let fitting = min(12.5, (self.cellWidth - 6) / number)
            self.numberSize = fitting >= 7.5 ? fitting : 0
        }
    }
}
