/// What happened along a text: for each round how far the draft ran ahead and how much of it was kept, and other
/// quantities in panels beneath.
public struct StepChart: Chart {
    /// A stretch of the text, and two numbers of it: the whole, drawn as a step, and the part of it that is filled.
    public struct Step: Sendable, Equatable {
        public var start: Double
        public var end: Double
        public var whole: Double
        public var part: Double

        public init(from start: Double, to end: Double, whole: Double, part: Double) {
            self.start = start
            self.end = end
            self.whole = whole
            self.part = part
        }
    }

    public struct Panel: Sendable, Equatable {
        public enum Content: Sendable, Equatable {
            case steps([Step], whole: String, part: String)
            case lines([Series])
        }

        public var axis: Axis
        public var content: Content
        /// In pixels, between the axes.
        public let height: Double

        /// Steps with what their two numbers are called: "sent", "accepted".
        public init(_ axis: Axis, steps: [Step], whole: String, part: String, height: Double = 150) {
            self.axis = axis
            self.content = .steps(steps, whole: whole, part: part)
            self.height = height.clamped(to: 30...4000)
        }

        public init(_ axis: Axis, lines: [Series], height: Double = 90) {
            self.axis = axis
            self.content = .lines(lines)
            self.height = height.clamped(to: 30...4000)
        }
    }

    /// A place in the text where something changed.
    public struct Mark: Sendable, Equatable {
        public var x: Double
        public var name: String

        public init(_ x: Double, _ name: String) {
            self.x = x
            self.name = name
        }
    }

    public var title: String
    public var subtitle: String
    public var x: Axis
    /// From top to bottom.
    public var panels: [Panel]
    public var marks: [Mark]

    public init(title: String, subtitle: String = "", x: Axis, panels: [Panel], marks: [Mark] = []) {
        self.title = title
        self.subtitle = subtitle
        self.x = x
        self.panels = panels
        self.marks = marks
    }

    public var summary: String {
        let panels = self.panels.map { panel in
            switch panel.content {
            case .steps(let steps, let whole, let part):
                let steps = steps.filter(\.isDrawable)
                let mean = { (values: [Double]) in Numbers.short(values.reduce(0, +) / Double(max(1, values.count))) }
                return "\(panel.axis.caption): \(steps.count) rounds, on average \(mean(steps.map(\.whole))) \(whole), "
                    + "\(mean(steps.map(\.part))) \(part)."
            case .lines(let lines):
                return "\(panel.axis.caption): \(lines.map(\.name).joined(separator: ", "))."
            }
        }
        let marks = self.marks.filter(\.x.isDrawable).map { "\($0.name) at \(Numbers.plain([$0.x])[0])." }
        return (panels + marks).joined(separator: " ")
    }

    public func height(width: Double, surroundings: Surroundings) -> Double {
        let panels = self.panels.map { $0.height + Self.head }.reduce(0, +)
        let gaps = Double(max(0, self.panels.count - 1)) * Self.gap
        return self.markRows(width) * Self.markPitch + panels + gaps + Self.foot
    }

    public func draw(on drawing: inout Drawing, in frame: Rectangle, surroundings: Surroundings) {
        let x = self.projection(width: frame.width)
        let left = self.tickWidth
        let right = self.labelWidth(within: frame.width)
        var y = frame.y + self.markRows(frame.width) * Self.markPitch
        var plots: [PlotFrame] = []
        for panel in self.panels {
            let area = Rectangle(
                x: frame.x + left, y: y + Self.head, width: frame.width - left - right, height: panel.height)
            plots.append(PlotFrame(area, x: x, y: panel.projection))
            y = area.bottom + Self.gap
        }
        self.drawMarks(plots, in: frame, on: &drawing)
        for (panel, plot) in zip(self.panels, plots) {
            plot.drawGrid(on: &drawing)
            switch panel.content {
            case .steps(let steps, let whole, let part):
                drawing.clipped(to: plot.area.grown(by: 1)) { plot.draw(steps, on: &$0) }
                let key = Self.drawKey(whole: whole, part: part, plot, on: &drawing)
                plot.drawCaption(on: &drawing, from: frame.x, to: key)
            case .lines(let lines):
                let entries = lines.map(\.legendEntry)
                let styles = LineStyles(entries)
                plot.drawCaption(on: &drawing, from: frame.x, to: plot.area.right)
                plot.draw(lines, styles, on: &drawing)
                EndLabels(entries).draw(
                    ends: lines.map { plot.end(of: $0) }, styles,
                    in: Rectangle(x: plot.area.right, y: plot.area.y, width: right, height: plot.area.height),
                    on: &drawing)
            }
            let (start, end) = (Place(x: plot.area.x, y: plot.area.bottom), plot.area.right)
            drawing.line(from: start, to: Place(x: end, y: start.y), Stroke(colour: .axis))
        }
        plots.last?.drawFoot(on: &drawing)
    }

    private static let head = 30.0
    private static let gap = 8.0
    private static let foot = 40.0
    private static let markPitch = 17.0

    private var tickWidth: Double { self.panels.map { PlotFrame.tickWidth($0.projection) }.max() ?? 0 }

    private func labelWidth(within width: Double) -> Double {
        let widths = self.panels.map { panel -> Double in
            guard case .lines(let lines) = panel.content, !lines.isEmpty else { return 12 }
            return EndLabels(lines.map(\.legendEntry)).width(within: width)
        }
        return widths.max() ?? 12
    }

    private func projection(width: Double) -> Projection {
        let room = width - self.tickWidth - self.labelWidth(within: width)
        let values = self.panels.flatMap { panel -> [Double] in
            switch panel.content {
            case .steps(let steps, _, _): steps.filter(\.isDrawable).flatMap { [$0.start, $0.end] }
            case .lines(let lines): lines.flatMap { $0.points.map(\.x) }
            }
        }
        return Projection(self.x, covering: values, ticks: max(3, Int(room / 70)), isRounded: false)
            .between(self.tickWidth, self.tickWidth + room)
    }

    /// The marks that lie in the text, from left to right, with their places and the row their names stand in: the
    /// first where there is room.
    private func placedMarks(_ width: Double) -> [(mark: Mark, x: Double, textStart: Double, row: Int)] {
        let projection = self.projection(width: width)
        var free: [Double] = []
        return self.marks.sorted { $0.x < $1.x }.compactMap { mark in
            guard let x = projection.place(mark.x), x >= projection.start - 1, x <= projection.end + 1 else {
                return nil
            }
            let length = Text.width(mark.name, size: PlotFrame.tickSize)
            // At the right of its line, or at the left where there is no room.
            let start = x + 5 + length <= width ? x + 5 : max(0, x - 5 - length)
            let row = free.firstIndex { $0 <= start } ?? free.count
            if row == free.count { free.append(0) }
            free[row] = start + length + 10
            return (mark, x, start, row)
        }
    }

    private func markRows(_ width: Double) -> Double {
        Double((self.placedMarks(width).map(\.row).max() ?? -1) + 1)
    }

    private func drawMarks(_ plots: [PlotFrame], in frame: Rectangle, on drawing: inout Drawing) {
        let marks = self.placedMarks(frame.width)
        for (_, x, _, row) in marks {
            let top = frame.y + Double(row) * Self.markPitch
            drawing.line(
                from: Place(x: frame.x + x, y: top), to: Place(x: frame.x + x, y: plots.last?.area.bottom ?? top),
                Stroke(colour: .axis, dashes: [3, 3]))
        }
        for (mark, _, textStart, row) in marks {
            drawing.text(
                Text.shortened(mark.name, to: frame.width, size: PlotFrame.tickSize),
                at: Place(x: frame.x + textStart, y: frame.y + Double(row) * Self.markPitch + 10),
                size: PlotFrame.tickSize, colour: .ink, hasHalo: true)
        }
    }

    /// Names the outline and the fill of steps, at the upper right of their panel, and says where that begins.
    private static func drawKey(
        whole: String, part: String, _ plot: PlotFrame, on drawing: inout Drawing
    ) -> Double {
        var right = plot.area.right
        let y = plot.area.y - 19
        for (name, isPart) in [(part, true), (whole, false)] where !name.isEmpty {
            let text = Text.shortened(name, to: plot.area.width / 3, size: PlotFrame.captionSize)
            let x = right - Text.width(text, size: PlotFrame.captionSize)
            let box = Rectangle(x: x - 19, y: y, width: 13, height: 9)
            // Keeps the lines of marks from it.
            drawing.rectangle(Rectangle(x: box.x - 4, y: y - 4, width: right - box.x + 6, height: 17), fill: .card)
            if isPart {
                drawing.rectangle(box, fill: .accepted, radius: 1)
            } else {
                drawing.rectangle(box, fill: .accepted, radius: 1, opacity: 0.2)
                drawing.line(
                    from: Place(x: box.x, y: y), to: Place(x: box.right, y: y), Stroke(colour: .ink, width: 1.4))
            }
            drawing.text(text, at: Place(x: x, y: y + 9), size: PlotFrame.captionSize, colour: .ink)
            right = box.x - 16
        }
        return right
    }
}

extension StepChart.Step {
    var isDrawable: Bool {
        [self.start, self.end, self.whole, self.part].allSatisfy(\.isDrawable) && self.start < self.end
    }
}

extension StepChart.Panel {
    fileprivate var projection: Projection {
        switch self.content {
        case .steps(let steps, _, _):
            let values = steps.filter(\.isDrawable).flatMap { [$0.whole, $0.part] }
            return Projection(
                self.axis, covering: values + [0], ticks: Int(self.height / 36), isRounded: true, leastStep: 1)
        case .lines(let lines):
            return Projection(
                self.axis, covering: lines.flatMap(\.heights), ticks: Int(self.height / 36), isRounded: true)
        }
    }
}

extension PlotFrame {
    /// Draws steps as one outline, interrupted where the text is not covered, over the filled part of each.
    fileprivate func draw(_ steps: [StepChart.Step], on drawing: inout Drawing) {
        var outline: [Place] = []
        let stroke = Stroke(colour: .ink, width: 1.2, opacity: 0.85)
        for step in steps where step.isDrawable {
            guard let left = self.x.place(step.start), let right = self.x.place(step.end),
                let top = self.y.place(step.whole), let filled = self.y.place(step.part)
            else { continue }
            let gap = right - left > 4 ? 0.5 : 0
            let width = right - left - gap
            drawing.rectangle(
                Rectangle(x: left, y: top, width: width, height: self.area.bottom - top), fill: .accepted,
                opacity: 0.2)
            drawing.rectangle(
                Rectangle(x: left, y: filled, width: width, height: self.area.bottom - filled), fill: .accepted)
            if let last = outline.last, abs(last.x - left) > 0.05 {
                drawing.polyline(outline, stroke)
                outline = []
            }
            outline += [Place(x: left, y: top), Place(x: right, y: top)]
        }
        drawing.polyline(outline, stroke)
    }
}
