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
    /// The option; `nil` where no option is at fault.
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

    package init(faults: [ConfigurationFault]) {
        self.faults = faults
    }
}
