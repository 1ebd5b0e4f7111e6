import Foundation

/// Chooses values that are good to read along an axis.
enum Ticks {
    /// 1, 2 or 5 times a power of ten, so that about `count` steps make the span.
    static func step(span: Double, count: Int) -> Double {
        let rough = span / Double(max(1, count))
        guard rough > 0, rough.isDrawable else { return 1 }
        let power = pow(10, log10(rough).rounded(.down))
        let factor = [1.0, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10
        return factor * power
    }

    /// The multiples of a step within a range.
    static func linear(_ range: ClosedRange<Double>, step: Double) -> [Double] {
        let slack = step * 1e-6
        let first = ((range.lowerBound - slack) / step).rounded(.up)
        let last = ((range.upperBound + slack) / step).rounded(.down)
        guard first <= last, last - first < 1000 else { return [range.lowerBound] }
        return (0...Int(last - first)).map { (first + Double($0)) * step }
    }

    /// At most `count` values of a positive range, about equally far from each other on a logarithmic scale.
    static func logarithmic(_ range: ClosedRange<Double>, count: Int) -> [Double] {
        let low = log10(range.lowerBound)
        let high = log10(range.upperBound)
        func values(_ factors: [Double], every decades: Double = 1) -> [Double] {
            let first = Int((low / decades).rounded(.down))
            let last = Int((high / decades).rounded(.up))
            var values: [Double] = []
            for exponent in first...last {
                let power = pow(10, Double(exponent) * decades)
                values += factors.map { $0 * power }
            }
            return values.filter { $0 >= range.lowerBound * (1 - 1e-9) && $0 <= range.upperBound * (1 + 1e-9) }
        }
        let withinDecades: [[Double]] = [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]
        let decades: [Double] = [2, 3, 5, 10, 20, 50, 100]
        let candidates = withinDecades.map { values($0) } + decades.map { values([1], every: $0) }
        if let fitting = candidates.first(where: { $0.count <= count && $0.count >= 3 }) { return fitting }
        // Too narrow for round factors.
        let step = Self.step(span: range.upperBound - range.lowerBound, count: count)
        return Self.linear(range, step: step).filter { $0 > 0 }
    }
}
