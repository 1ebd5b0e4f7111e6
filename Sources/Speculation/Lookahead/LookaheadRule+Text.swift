extension LookaheadRule {
    /// Reads `off`, `fixed:4`, `heuristic`, `confidence`, `confidence:0.4`, `confidence:0.4,20`,
    /// `confidence-adaptive`, `cumulative:0.5`, `entropy:0.4`, `classifier`, `classifier:0.5`, `classifier:0.5,20`,
    /// `bandit`, `goodput` and `marginal`; and `sync:` before each of them.
    public init(_ text: String) throws(LookaheadRuleError) {
        guard text.utf8.count <= Self.longestText else {
            throw .unknown(String(decoding: text.utf8.prefix(Self.longestText), as: UTF8.self) + "…")
        }
        if text.hasPrefix(Self.synchronousPrefix) {
            let rule = try LookaheadRule(String(text.dropFirst(Self.synchronousPrefix.count)))
            guard !rule.isSynchronous, rule != .off else { throw .badValue(text, "write sync: before a rule, once") }
            self = .synchronous(rule)
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let values = parts.count > 1 ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : []
        let name = String(parts.first ?? "")
        if let rule = Self.withoutValue[name] {
            guard parts.count == 1 else { throw .badValue(text, "this rule takes no value") }
            self = rule
            return
        }
        switch (name, values.count) {
        case ("fixed", 1):
            self = .fixed(try Self.count(values[0], in: text))
        case ("confidence", 0...2):
            let threshold = values.isEmpty ? 0.4 : try Self.probability(values[0], "threshold", in: text)
            self = .confidence(threshold: threshold, cap: values.count > 1 ? try Self.count(values[1], in: text) : 20)
        case ("cumulative", 1):
            self = .cumulative(limit: try Self.probability(values[0], "limit", in: text))
        case ("entropy", 1):
            self = .entropy(threshold: try Self.probability(values[0], "threshold", in: text))
        case ("classifier", 0...2):
            let threshold =
                values.isEmpty ? ClassifierLookahead.threshold : try Self.probability(values[0], "threshold", in: text)
            self = .classifier(
                threshold: threshold,
                cap: values.count > 1 ? try Self.count(values[1], in: text) : ClassifierLookahead.cap)
        case ("fixed", _):
            throw .badValue(text, "write fixed:4, with one number of tokens")
        case ("confidence", _):
            throw .badValue(text, "write confidence:0.4 or confidence:0.4,20")
        case ("cumulative", _):
            throw .badValue(text, "write cumulative:0.5, with the probability of a rejection to stop at")
        case ("entropy", _):
            throw .badValue(text, "write entropy:0.4, with the acceptance to stop below")
        case ("classifier", _):
            throw .badValue(text, "write classifier, classifier:0.5 or classifier:0.5,20")
        default:
            throw .unknown(text)
        }
    }

    /// Bytes of a rule at most. Strangers write them, and prefixes are read one by one.
    private static let longestText = 64

    private static let synchronousPrefix = "sync:"

    private static let withoutValue: [String: LookaheadRule] = [
        "off": .off, "heuristic": .heuristic, "confidence-adaptive": .adaptiveConfidence, "bandit": .bandit,
        "goodput": .goodput, "marginal": .marginal,
    ]

    private static func count(_ digits: Substring, in text: String) throws(LookaheadRuleError) -> Int {
        guard let count = Int(digits), (1...Self.mostTokens).contains(count) else {
            throw .badValue(text, "the number of tokens is from 1 to \(Self.mostTokens)")
        }
        return count
    }

    private static func probability(
        _ digits: Substring, _ name: String, in text: String
    ) throws(LookaheadRuleError) -> Float {
        guard let value = Float(digits), (0...1).contains(value) else {
            throw .badValue(text, "the \(name) is a probability from 0 to 1")
        }
        return value
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
        case .adaptiveConfidence: "confidence-adaptive"
        case .cumulative(let limit): "cumulative:\(limit)"
        case .entropy(let threshold): "entropy:\(threshold)"
        case .classifier(let threshold, let cap): "classifier:\(threshold),\(cap)"
        case .bandit: "bandit"
        case .goodput: "goodput"
        case .marginal: "marginal"
        case .synchronous(let rule): Self.synchronousPrefix + rule.description
        }
    }
}

public enum LookaheadRuleError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknown(String)
    case badValue(String, String)

    public var description: String {
        switch self {
        case .unknown(let text):
            "unknown lookahead rule \"\(text)\"; known are off, fixed:N, heuristic, confidence:P or confidence:P,CAP, "
                + "confidence-adaptive, cumulative:H, entropy:LAMBDA, classifier, classifier:P or classifier:P,CAP, "
                + "bandit, goodput and marginal, and sync: before any of them for synchronous rounds"
        case .badValue(let text, let reason):
            "lookahead rule \"\(text)\": \(reason)"
        }
    }
}
