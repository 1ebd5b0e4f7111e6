import Speculation

/// Rules in commas, as options take them.
enum RuleList {
    static func parse(_ text: String) throws -> [LookaheadRule] {
        // A comma also stands before the cap of confidence:0.4,20.
        var parts: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            if let last = parts.last, last.hasPrefix("confidence:"), !last.contains(","), Int(part) != nil {
                parts[parts.count - 1] += "," + part
            } else {
                parts.append(part)
            }
        }
        return try parts.map { try LookaheadRule(argument: $0) }
    }
}
