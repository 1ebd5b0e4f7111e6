/// Horizontal bars in groups, with intervals and numbers: systems side by side, rules against the oracle.
public struct BarChart: Chart {
    public struct Bar: Sendable, Equatable {
        public var name: String
        public var value: Double
        public var low: Double?
        public var high: Double?
        /// Whether the bar stands out by a strong colour.
        public var isEmphasized: Bool

        public init(
            _ name: String, _ value: Double, low: Double? = nil, high: Double? = nil, isEmphasized: Bool = false
        ) {
            self.name = name
            self.value = value
            self.low = low
            self.high = high
            self.isEmphasized = isEmphasized
        }
    }

    public struct Group: Sendable, Equatable {
        /// Empty where there is only one group.
        public var name: String
        public var bars: [Bar]

        public init(_ name: String, _ bars: [Bar]) {
            self.name = name
            self.bars = bars
        }
    }

    public var title: String
    public var subtitle: String
    /// Linear, and with 0 in it, for the length of a bar is its value.
    public var axis: Axis
    public var groups: [Group]
    public var reference: ReferenceLine?

    public init(
        title: String, subtitle: String = "", axis: Axis, groups: [Group], reference: ReferenceLine? = nil
    ) {
        self.title = title
        self.subtitle = subtitle
        self.axis = axis
        self.groups = groups
        self.reference = reference
    }

    public var summary: String {
        let groups = self.groups.map { group in
            let bars = group.bars.filter(\.value.isDrawable).map { "\($0.name) \(self.text($0.value))" }
            return (group.name.isEmpty ? "" : "\(group.name): ") + bars.joined(separator: ", ") + "."
        }
        return (["\(self.axis.caption)."] + groups).joined(separator: " ")
    }

    public func height(width: Double, surroundings: Surroundings) -> Double {
        let bars = self.groups.map { Double($0.bars.count) * Self.pitch + Self.headHeight($0) }.reduce(0, +)
        let gaps = Double(max(0, self.groups.count - 1)) * Self.groupGap
        return self.top + bars + gaps + Self.foot
    }

    public func draw(on drawing: inout Drawing, in frame: Rectangle, surroundings: Surroundings) {
        let bars = self.groups.flatMap(\.bars)
        let widest = bars.map { Text.width($0.name, size: Self.size, isBold: $0.isEmphasized) }.max() ?? 0
        let left = min(widest + 12, 0.4 * frame.width)
        let numbers = (bars.map { Text.width(self.text($0.value), size: Self.size, isBold: true) }.max() ?? 0) + 14
        let area = Rectangle(
            x: frame.x + left, y: frame.y + self.top, width: max(40, frame.width - left - numbers),
            height: frame.height - self.top - Self.foot)
        var axis = self.axis
        axis.scale = .linear
        var values = bars.flatMap { bar -> [Double] in [bar.value, bar.low ?? bar.value, bar.high ?? bar.value] }
        values += [0, self.reference?.value ?? 0]
        let x = Projection(
            axis, covering: values, ticks: max(2, Int(area.width / 70)), isRounded: false
        ).between(area.x, area.right)
        self.drawAxis(x, in: area, on: &drawing)
        var y = area.y
        for group in self.groups {
            if !group.name.isEmpty {
                drawing.text(
                    Text.shortened(group.name, to: frame.width, size: Self.size, isBold: true),
                    at: Place(x: frame.x, y: y + 14), size: Self.size, colour: .ink, isBold: true)
                y += Self.headHeight(group)
            }
            for bar in group.bars {
                drawing.text(
                    Text.shortened(bar.name, to: left - 12, size: Self.size, isBold: bar.isEmphasized),
                    at: Place(x: area.x - 10, y: y + Self.pitch / 2 + 4), size: Self.size,
                    colour: bar.isEmphasized ? .strong : .ink, anchor: .end, isBold: bar.isEmphasized)
                self.draw(bar, x, y: y, on: &drawing)
                y += Self.pitch
            }
            y += Self.groupGap
        }
        if let zero = x.place(0), (area.x...area.right).contains(zero) {
            drawing.line(
                from: Place(x: zero, y: area.y), to: Place(x: zero, y: area.bottom), Stroke(colour: .axis))
        }
        self.drawReference(x, in: area, on: &drawing)
    }

    private static let size = 12.0
    private static let pitch = 25.0
    private static let groupGap = 12.0
    private static let foot = 40.0

    /// Above the bars, for the name of the reference.
    private var top: Double { self.reference == nil ? 4 : 22 }

    private static func headHeight(_ group: Group) -> Double { group.name.isEmpty ? 0 : 22 }

    private func text(_ value: Double) -> String {
        let values = self.groups.flatMap { $0.bars.map(\.value) }.filter(\.isDrawable)
        return Numbers.short(value, isWhole: values.allSatisfy { $0 == $0.rounded() })
    }

    private func drawAxis(_ x: Projection, in area: Rectangle, on drawing: inout Drawing) {
        for (tick, text) in zip(x.ticks, x.tickTexts) {
            guard let place = x.place(tick) else { continue }
            drawing.line(from: Place(x: place, y: area.y), to: Place(x: place, y: area.bottom), Stroke(colour: .grid))
            drawing.text(
                text, at: Place(x: place, y: area.bottom + 17), size: PlotFrame.tickSize, colour: .faint,
                anchor: .middle)
        }
        drawing.text(
            Text.shortened(x.axis.caption, to: area.width, size: PlotFrame.captionSize),
            at: Place(x: area.x + area.width / 2, y: area.bottom + 36), size: PlotFrame.captionSize, colour: .ink,
            anchor: .middle)
    }

    private func draw(_ bar: Bar, _ x: Projection, y: Double, on drawing: inout Drawing) {
        // Within the area, though the axis may have been given a range that is too short.
        func place(_ value: Double) -> Double? { x.place(value)?.clamped(to: x.start...x.end) }
        guard let zero = place(0) else { return }
        guard let end = place(bar.value) else {
            drawing.text(
                "–", at: Place(x: zero + 7, y: y + Self.pitch / 2 + 4), size: Self.size, colour: .faint)
            return
        }
        drawing.rectangle(
            Rectangle(x: min(zero, end), y: y + 4, width: abs(end - zero), height: Self.pitch - 8),
            fill: bar.isEmphasized ? .strong : .plain, radius: 2)
        var right = max(zero, end)
        if let low = bar.low.flatMap(place), let high = bar.high.flatMap(place) {
            let middle = y + Self.pitch / 2
            let stroke = Stroke(colour: .ink, width: 1.3, opacity: 0.75)
            drawing.line(from: Place(x: low, y: middle), to: Place(x: high, y: middle), stroke)
            for end in [low, high] {
                drawing.line(from: Place(x: end, y: middle - 4), to: Place(x: end, y: middle + 4), stroke)
            }
            right = max(right, high)
        }
        drawing.text(
            self.text(bar.value), at: Place(x: right + 7, y: y + Self.pitch / 2 + 4), size: Self.size, colour: .ink,
            isBold: bar.isEmphasized)
    }

    private func drawReference(_ x: Projection, in area: Rectangle, on drawing: inout Drawing) {
        guard let reference = self.reference, let place = x.place(reference.value),
            (area.x...area.right).contains(place)
        else { return }
        drawing.line(
            from: Place(x: place, y: area.y - 4), to: Place(x: place, y: area.bottom), LineStyle.reference.stroke)
        let text = Text.shortened(reference.name, to: area.width, size: PlotFrame.tickSize)
        let half = Text.width(text, size: PlotFrame.tickSize) / 2
        drawing.text(
            text, at: Place(x: min(max(place, area.x + half), area.right - half), y: area.y - 9),
            size: PlotFrame.tickSize, colour: .faint, anchor: .middle)
    }
}
