internal import Foundation
internal import Speculation

/// Numbers as people read them.
enum Numeral {
    static func text(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// With about three significant digits.
    static func short(_ value: Double) -> String {
        self.text(value, digits: abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0)
    }

    static func milliseconds(_ seconds: Seconds) -> String { self.short(seconds * 1000) }

    /// Such as `93.2 %`.
    static func percent(_ share: Double) -> String { self.text(share * 100, digits: 1) + " %" }

    /// As people write it: `5`, `0.25`.
    static func plain(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }

    /// A number of things: `1 client`, `2 clients`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
