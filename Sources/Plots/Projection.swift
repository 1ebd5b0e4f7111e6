import Foundation

/// Turns the values of an axis into places along it.
struct Projection {
    let axis: Axis
    /// The values from end to end; 0 and the last index for an ordinal axis.
    let range: ClosedRange<Double>
    let ticks: [Double]
    /// The pixels that the ends of the range lie at.
    var start = 0.0
    var end = 1.0

    /// - Parameters:
    ///   - values: what has to find place, unless the axis says its range.
    ///   - count: about how many ticks are wanted.
    ///   - isRounded: the range ends at ticks, and begins at 0 unless all values are far from it.
    init(_ axis: Axis, covering values: [Double], ticks count: Int, isRounded: Bool) {
        self.axis = axis
        switch axis.scale {
        case .ordinal(let order):
            // One category lies in the middle.
            self.range = order.count > 1 ? 0...Double(order.count - 1) : -1...1
            self.ticks = order
        case .linear:
            let drawable = values.filter(\.isDrawable)
            var low = axis.range?.lowerBound ?? drawable.min() ?? 0
            var high = axis.range?.upperBound ?? drawable.max() ?? 1
            if axis.range == nil, isRounded, low >= 0, low <= high / 2 { low = 0 }
            if low == high { (low, high) = low == 0 ? (0, 1) : (low - low.magnitude / 10, high + high.magnitude / 10) }
            let step = Ticks.step(span: high - low, count: count)
            if axis.range == nil, isRounded {
                low = (low / step + 1e-6).rounded(.down) * step
                high = (high / step - 1e-6).rounded(.up) * step
            }
            self.range = low...max(low, high)
            self.ticks = Ticks.linear(self.range, step: step)
        }
    }

    func between(_ start: Double, _ end: Double) -> Projection {
        var projection = self
        (projection.start, projection.end) = (start, end)
        return projection
    }

    /// Where a value lies, maybe beyond the ends; `nil` where it has no place.
    func place(_ value: Double) -> Double? {
        guard value.isDrawable else { return nil }
        let share: Double
        switch self.axis.scale {
        case .linear:
            share = (value - self.range.lowerBound) / (self.range.upperBound - self.range.lowerBound)
        case .ordinal(let order):
            guard let index = order.firstIndex(of: value) else { return nil }
            share = (Double(index) - self.range.lowerBound) / (self.range.upperBound - self.range.lowerBound)
        }
        guard share.isFinite else { return nil }
        return self.start + share.clamped(to: -1000...1000) * (self.end - self.start)
    }

    var tickTexts: [String] {
        self.axis.scale == .linear ? Numbers.ticks(self.ticks) : Numbers.plain(self.ticks)
    }
}
