import Foundation

extension Double {
    /// With `digits` digits behind the point, as all machines write it.
    package func text(_ digits: Int) -> String {
        String(format: "%.\(digits)f", self)
    }

    /// With about three significant digits.
    package var shortText: String {
        self.text(self < 10 ? 2 : self < 100 ? 1 : 0)
    }

    /// As people write it: `5`, `0.001`.
    package var plainText: String {
        Int(exactly: self).map { "\($0)" } ?? "\(self)"
    }
}

extension String {
    /// Filled up with spaces; numbers to the left, words to the right.
    package func padded(_ width: Int, right: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - self.count))
        return right ? fill + self : self + fill
    }
}

/// A number of things: `1 prompt`, `2 prompts`.
package func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : noun.hasSuffix("s") ? "es" : "s")"
}
