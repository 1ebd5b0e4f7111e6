/// A lookahead rule by name, as users write it.
public enum LookaheadRule: Equatable, Sendable {
    /// No draft: the target alone.
    case off
    case fixed(Int)
    case heuristic
    case confidence(threshold: Float, cap: Int)

    /// Draft tokens in a block at most, whatever the rule.
    public static let mostTokens = 64

    /// Reads `off`, `fixed:4`, `heuristic`, `confidence`, `confidence:0.4` and `confidence:0.4,20`.
    public init(_ text: String) throws(LookaheadRuleError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let values = parts.count > 1 ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : []
        switch (String(parts.first ?? ""), values.count) {
        case ("off", 0):
            self = .off
        case ("heuristic", 0):
            self = .heuristic
        case ("fixed", 1):
            self = .fixed(try Self.count(values[0], in: text))
        case ("confidence", 0...2):
            guard let threshold = values.isEmpty ? 0.4 : Float(values[0]), (0...1).contains(threshold) else {
                throw .badValue(text, "the threshold is a probability from 0 to 1")
            }
            self = .confidence(threshold: threshold, cap: values.count > 1 ? try Self.count(values[1], in: text) : 20)
        case ("off", _), ("heuristic", _):
            throw .badValue(text, "this rule takes no value")
        case ("fixed", _):
            throw .badValue(text, "write fixed:4, with one number of tokens")
        case ("confidence", _):
            throw .badValue(text, "write confidence:0.4 or confidence:0.4,20")
        default:
            throw .unknown(text)
        }
    }

    private static func count(_ digits: Substring, in text: String) throws(LookaheadRuleError) -> Int {
        guard let count = Int(digits), (1...Self.mostTokens).contains(count) else {
            throw .badValue(text, "the number of tokens is from 1 to \(Self.mostTokens)")
        }
        return count
    }

    /// The rule at work; `nil` where there is no draft.
    public func makeLookahead() -> (any Lookahead)? {
        switch self {
        case .off: nil
        case .fixed(let count): FixedLookahead(count)
        case .heuristic: HeuristicLookahead()
        case .confidence(let threshold, let cap): ConfidenceLookahead(threshold: threshold, cap: cap)
        }
    }
}

extension LookaheadRule: CustomStringConvertible {
    /// As `init(_:)` reads it.
    public var description: String {
        switch self {
        case .off: "off"
        case .fixed(let count): "fixed:\(count)"
        case .heuristic: "heuristic"
        case .confidence(let threshold, let cap): "confidence:\(threshold),\(cap)"
        }
    }
}

public enum LookaheadRuleError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknown(String)
    case badValue(String, String)

    public var description: String {
        switch self {
        case .unknown(let text):
            "unknown lookahead rule \"\(text)\"; known are off, fixed:N, heuristic and confidence:P or confidence:P,CAP"
        case .badValue(let text, let reason):
            "lookahead rule \"\(text)\": \(reason)"
        }
    }
}
