import Foundation

extension Double {
    /// Whether a value has a place in a picture: neither NaN nor infinite nor near the end of what a `Double` holds.
    var isDrawable: Bool { self.magnitude < 1e100 }

    /// The nearest value of a range; its lower bound in place of NaN.
    func clamped(to range: ClosedRange<Double>) -> Double {
        self >= range.lowerBound ? Swift.min(self, range.upperBound) : range.lowerBound
    }
}

/// Writes numbers short enough to read at a glance.
enum Numbers {
    private static let prefixes: [(factor: Double, suffix: String)] = [
        (1e12, "\u{A0}T"), (1e9, "\u{A0}G"), (1e6, "\u{A0}M"), (1e3, "\u{A0}k"),
    ]

    /// Writes a value with about three digits: 1.25, 0.97, 12.5, 125, 12 k.
    ///
    /// - Parameter isWhole: the value is one of some that are all whole numbers, and is written as one.
    static func short(_ value: Double, isWhole: Bool = false) -> String {
        let magnitude = value.magnitude
        guard magnitude.isDrawable else { return "–" }
        if magnitude >= 1e15 || (magnitude > 0 && magnitude < 1e-6) { return Self.scientific(value) }
        if magnitude >= 9_999.5, let unit = Self.prefixes.first(where: { magnitude >= 0.9995 * $0.factor }) {
            let scaled = value / unit.factor
            return Self.trimmed(Self.fixed(scaled, decimals: Self.decimals(scaled.magnitude))) + unit.suffix
        }
        return Self.fixed(value, decimals: isWhole ? 0 : Self.decimals(magnitude))
    }

    /// Writes the ticks of an axis, all alike.
    static func ticks(_ values: [Double]) -> [String] {
        let largest = values.map(\.magnitude).max() ?? 0
        if largest >= 1e15 || (largest > 0 && largest < 1e-6) {
            return values.map { $0 == 0 ? "0" : Self.scientific($0) }
        }
        let unit = largest >= 10_000 ? Self.prefixes.first { largest >= $0.factor } : nil
        let scaled = values.map { $0 / (unit?.factor ?? 1) }
        let decimals = (0...9).first { decimals in
            scaled.allSatisfy { abs($0 - Self.rounded($0, decimals: decimals)) <= 1e-9 * max(1e-3, $0.magnitude) }
        }
        return scaled.map { $0 == 0 ? "0" : Self.fixed($0, decimals: decimals ?? 9) + (unit?.suffix ?? "") }
    }

    /// Writes the ticks of an axis each as short as it goes: 0.5, 1, 20.
    static func plain(_ values: [Double]) -> [String] {
        values.map { value in
            let short = Self.short(value)
            return short.contains("\u{A0}") || short.contains("e") ? short : Self.trimmed(short)
        }
    }

    private static func decimals(_ magnitude: Double) -> Int {
        switch magnitude {
        case 0: 0
        case ..<0.0995: 1 - Int(log10(magnitude).rounded(.down))
        case ..<9.995: 2
        case ..<99.95: 1
        default: 0
        }
    }

    private static func rounded(_ value: Double, decimals: Int) -> Double {
        let factor = pow(10, Double(decimals))
        return (value * factor).rounded() / factor
    }

    private static func fixed(_ value: Double, decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", value.magnitude)
        return value < 0 && text.contains { $0 != "0" && $0 != "." } ? "−" + text : text
    }

    private static func scientific(_ value: Double) -> String {
        String(format: "%.2g", value).replacing("-", with: "−")
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        let digits = text.reversed().drop { $0 == "0" }
        return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
    }
}
