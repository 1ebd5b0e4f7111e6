/// The names of lines, beside their ends and apart from each other.
struct EndLabels {
    static let size = 12.0
    /// From one label to the next.
    static let pitch = 16.0

    private let entries: [LegendEntry]

    init(_ entries: [LegendEntry]) {
        self.entries = entries
    }

    /// The least height that all find place in.
    var height: Double { Double(self.entries.count) * Self.pitch }

    /// What is left free beside the plot: the leaders and the longest name, up to a third of the whole.
    func width(within whole: Double) -> Double {
        let widest = self.entries.map { Text.width($0.name, size: Self.size, isBold: $0.role == .emphasis) }.max()
        return min(Self.leader + (widest ?? 0), whole / 3)
    }

    /// - Parameter ends: where each entry's line ends; those without a place are not named.
    func draw(ends: [Place?], _ styles: LineStyles, in frame: Rectangle, on drawing: inout Drawing) {
        let named = zip(self.entries, ends).compactMap { entry, end in end.map { (entry: entry, end: $0) } }
        let range = frame.y + 4...max(frame.y + 4, frame.bottom - 4)
        let heights = LabelSpread.spread(named.map(\.end.y), gap: Self.pitch, within: range)
        for ((entry, end), y) in zip(named, heights) {
            let style = styles[entry.name]
            let isBold = entry.role == .emphasis
            let from = end.y.clamped(to: frame.y...frame.bottom)
            drawing.polyline(
                [
                    Place(x: end.x + 6, y: from), Place(x: frame.x + 8, y: from),
                    Place(x: frame.x + Self.leader - 9, y: y), Place(x: frame.x + Self.leader - 5, y: y),
                ], Stroke(colour: style.colour, width: 1, opacity: 0.45))
            let room = frame.width - Self.leader
            drawing.text(
                Text.shortened(entry.name, to: room, size: Self.size, isBold: isBold),
                at: Place(x: frame.x + Self.leader, y: y + 4), size: Self.size, colour: style.colour, isBold: isBold)
        }
    }

    private static let leader = 34.0
}
