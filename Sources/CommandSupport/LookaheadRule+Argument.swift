import ArgumentParser
package import Speculation

extension LookaheadRule {
    /// - Throws: `CommandError`, as one line.
    package init(argument: String) throws {
        do {
            try self.init(argument)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

extension [LookaheadRule] {
    /// Reads rules in commas.
    ///
    /// - Throws: `ValidationError`, as one line.
    package init(argument text: String) throws {
        // A comma also stands before the cap of confidence:0.4,20 and classifier:0.5,20.
        let capped = ["confidence:", "classifier:"]
        var parts: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            if let last = parts.last, capped.contains(where: last.hasPrefix), !last.contains(","), Int(part) != nil {
                parts[parts.count - 1] += "," + part
            } else {
                parts.append(part)
            }
        }
        self = try parts.map { try LookaheadRule(argument: $0) }
    }
}
