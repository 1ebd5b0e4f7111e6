/// Where an option was set.
package enum ConfigurationSource: Sendable, Hashable, CustomStringConvertible {
    case commandLine
    /// - Parameter variable: its name.
    case environment(variable: String)
    /// - Parameters:
    ///   - line: from 1.
    ///   - column: from 1, where it tells more than the line.
    case file(String, line: Int, column: Int? = nil)

    package var description: String {
        switch self {
        case .commandLine: "command line"
        case .environment(let variable): variable
        case .file(let name, let line, nil): "\(name):\(line)"
        case .file(let name, let line, let column?): "\(name):\(line):\(column)"
        }
    }
}

/// Something that is wrong with a configuration, and where.
package struct ConfigurationFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let source: ConfigurationSource
    /// The option; `nil` where it is none's fault.
    package let option: String?
    package let reason: String

    init(_ source: ConfigurationSource, option: String? = nil, _ reason: String) {
        self.source = source
        self.option = option
        self.reason = reason
    }

    /// One line, of bounded length.
    package var description: String {
        // A variable's name says which option it is.
        let option: String? = if case .environment = self.source { nil } else { self.option }
        return ([self.source.description] + (option.map { [$0.shown()] } ?? []) + [self.reason.shown(most: 400)])
            .joined(separator: ": ")
    }

    /// In the order in which a reader comes upon them.
    static func isBefore(_ one: Self, _ other: Self) -> Bool {
        func key(_ fault: Self) -> (Int, Int, String) {
            switch fault.source {
            case .commandLine: (0, 0, fault.reason)
            case .environment(let variable): (1, 0, variable)
            case .file(_, let line, let column): (2 + line, column ?? 0, fault.reason)
            }
        }
        return key(one) < key(other)
    }
}

/// All faults of a configuration.
package struct ConfigurationFaults: Error {
    package let faults: [ConfigurationFault]
}

extension String {
    /// In one line and no longer than that, whatever it holds.
    package func shown(most: Int = 80) -> String {
        let line = String(
            self.unicodeScalars.prefix(most).map { scalar -> Character in
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator: " "
                default: Character(scalar)
                }
            })
        return self.unicodeScalars.count > most ? line + "…" : line
    }

    /// Which of some names it may have been meant to be: one that differs in a fourth of its letters at most.
    package func nearest(among names: some Sequence<String>) -> String? {
        guard self.utf8.count <= 64 else { return nil }
        let close = names.map { (name: $0, distance: Self.distance(Array(self.utf8), Array($0.utf8))) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let close, close.distance <= max(1, self.utf8.count / 4) else { return nil }
        return close.name
    }

    /// Letters to add, to leave out and to replace, by Levenshtein's table, of which one row is kept.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, with) in other.enumerated() {
                let replaced = diagonal + (letter == with ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}
