package import ArgumentParser
import Foundation

/// An option that a command has, as ArgumentParser tells of it.
package struct CommandOption: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case value
        /// It may be given several times.
        case list
        /// - Parameter hasInverse: whether there is `--no-NAME` too.
        case flag(hasInverse: Bool)
    }

    /// Its long name, without dashes.
    package let name: String
    package let kind: Kind
    /// What its value is called in `--help`, such as `file`.
    package let valueName: String?
    package let defaultValue: String?

    /// What cannot stand in a file, because it says how to read one.
    private static let own: Set = ["config", "check-config", "help", "version"]

    /// Whether a file and the environment may set it.
    package var isConfigurable: Bool { !Self.own.contains(self.name) }

    /// The variable of the environment that sets it.
    package var variable: String { Self.prefix + self.name.uppercased().replacing("-", with: "_") }

    /// How the names of all variables begin.
    package static let prefix = "FORETOKEN_"

    /// - Returns: all options with a long name, in the order in which `--help` has them.
    package static func all(of command: any ParsableCommand.Type) throws -> [Self] {
        let told = try JSONDecoder().decode(Told.self, from: Data(command._dumpHelp().utf8))
        let arguments = told.command.arguments ?? []
        let names = Set(arguments.compactMap(\.longName))
        return arguments.compactMap { argument in
            guard let name = argument.longName else { return nil }
            if argument.kind == "flag" {
                // The other half of a pair.
                guard !name.hasPrefix("no-") || !names.contains(String(name.dropFirst(3))) else { return nil }
                return Self(
                    name: name, kind: .flag(hasInverse: names.contains("no-\(name)")), valueName: nil,
                    defaultValue: argument.defaultValue)
            }
            return Self(
                name: name, kind: argument.isRepeating ? .list : .value, valueName: argument.valueName,
                defaultValue: argument.defaultValue)
        }
    }

    /// The part of ArgumentParser's `ToolInfoV0` that is of use here.
    private struct Told: Decodable {
        struct Command: Decodable {
            var arguments: [Argument]?
        }

        struct Argument: Decodable {
            struct Name: Decodable {
                var kind: String
                var name: String
            }

            var kind: String
            var isRepeating: Bool
            var names: [Name]?
            var valueName: String?
            var defaultValue: String?

            var longName: String? { self.names?.first { $0.kind == "long" }?.name }
        }

        var command: Command
    }
}

extension CommandOption {
    /// The arguments that say this on a command line.
    ///
    /// - Parameter values: one, or any number of a list's; `true` or `false` of a flag.
    func arguments(_ values: [String]) -> [String] {
        switch self.kind {
        case .value, .list: values.map { "--\(self.name)=\($0)" }
        case .flag(let hasInverse):
            values.flatMap { value -> [String] in
                if value == "true" { return ["--\(self.name)"] }
                return hasInverse ? ["--no-\(self.name)"] : []
            }
        }
    }

    /// Which options a command line sets, and to what.
    ///
    /// What is wrong with a command line is ArgumentParser's to tell; here it is passed over.
    package static func given(by arguments: [String], among options: [Self]) -> [String: [String]] {
        let options = Dictionary(uniqueKeysWithValues: options.map { ($0.name, $0) })
        var given: [String: [String]] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst(), argument != "--" {
            guard argument.hasPrefix("--") else { continue }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            let positive = name.hasPrefix("no-") ? String(name.dropFirst(3)) : name
            if let option = options[name] {
                if case .flag = option.kind {
                    given[name] = ["true"]
                } else if let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() {
                    given[name] = option.kind == .list ? (given[name] ?? []) + [value] : [value]
                }
            } else if options[positive]?.kind == .flag(hasInverse: true) {
                given[positive] = ["false"]
            }
        }
        return given
    }
}
