import ArgumentParser
import Speculation

extension [LookaheadRule] {
    /// Reads rules in commas.
    ///
    /// - Throws: `ValidationError`, as one line.
    init(argument text: String) throws {
        // A comma also stands before the cap of confidence:0.4,20.
        var parts: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            if let last = parts.last, last.hasPrefix("confidence:"), !last.contains(","), Int(part) != nil {
                parts[parts.count - 1] += "," + part
            } else {
                parts.append(part)
            }
        }
        self = try parts.map { try LookaheadRule(argument: $0) }
    }
}
