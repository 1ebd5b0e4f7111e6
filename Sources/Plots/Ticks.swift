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
}
