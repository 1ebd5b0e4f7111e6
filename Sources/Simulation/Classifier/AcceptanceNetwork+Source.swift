import Foundation
public import Speculation

extension AcceptanceNetwork {
    /// With parameters as `source` writes them: to five significant digits.
    public var rounded: Self {
        AcceptanceNetwork(parameters: self.parameters.map { Double(Self.text($0)) ?? 0 })
    }

    /// The Swift source that ships it.
    ///
    /// - Parameters:
    ///   - threshold: of the rule, as tuned for it.
    ///   - origin: what it was trained on, as lines of a comment.
    public func source(threshold: Float, origin: [String]) -> String {
        var lines: [String] = []
        var line = ""
        for number in self.parameters.map({ Self.text($0) + "," }) {
            if line.count + 1 + number.count > 108 {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? number : " " + number
        }
        lines.append(line)
        return """
            // Written by `foretoken-bench train classifier`: train again rather than edit.
            //
            \(origin.map { "// " + $0 }.joined(separator: "\n"))

            extension AcceptanceNetwork {
                /// The threshold of `ClassifierLookahead`, as tuned for the network.
                public static let shippedThreshold: Float = \(threshold)

                public static let shipped = AcceptanceNetwork(parameters: [
            \(lines.map { "        " + $0 }.joined(separator: "\n"))
                ])
            }

            """
    }

    private static func text(_ parameter: Double) -> String {
        String(format: "%.5g", parameter)
    }
}
