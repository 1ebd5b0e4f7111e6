public import Speculation

/// Limits that a request has to keep to be of use to who asked.
public struct ServiceLevels: Equatable, Sendable, Codable {
    /// In seconds; `nil`: no limit.
    public var timeToFirstToken: Seconds?
    public var timePerToken: Seconds?
    /// Longest gap between two arrivals.
    public var interToken: Seconds?
    public var endToEnd: Seconds?

    public struct ParseError: Error, CustomStringConvertible {
        public let description: String
    }

    public init() {}

    /// Reads limits such as `ttft=500ms,tpot=50ms`.
    public init(_ text: String) throws(ParseError) {
        self.init()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let limit = Self.seconds(sides[1]) else {
                throw ParseError(description: "\"\(part)\" is not a limit: write ttft=500ms,tpot=50ms")
            }
            switch sides[0] {
            case "ttft": self.timeToFirstToken = limit
            case "tpot": self.timePerToken = limit
            case "itl": self.interToken = limit
            case "e2e": self.endToEnd = limit
            default:
                throw ParseError(description: "there is no limit \"\(sides[0])\": ttft, tpot, itl and e2e are there")
            }
        }
    }

    /// Whether a request has ended well, and within all limits. The first token of an empty answer is its end.
    public func areMet(by trace: RequestTrace) -> Bool {
        func keeps(_ value: Seconds?, _ limit: Seconds?) -> Bool {
            if let value, let limit { value <= limit } else { true }
        }

        return trace.ending == .completed && keeps(trace.timeToFirstToken ?? trace.endToEnd, self.timeToFirstToken)
            && keeps(trace.timePerToken, self.timePerToken) && keeps(trace.gaps.max(), self.interToken)
            && keeps(trace.endToEnd, self.endToEnd)
    }

    private static func seconds(_ text: Substring) -> Seconds? {
        let units: [(name: String, seconds: Seconds)] = [("ms", 1e-3), ("us", 1e-6), ("s", 1)]
        guard let unit = units.first(where: { text.hasSuffix($0.name) }),
            let value = Double(text.dropLast(unit.name.count)), value > 0, value.isFinite
        else { return nil }
        return value * unit.seconds
    }
}
