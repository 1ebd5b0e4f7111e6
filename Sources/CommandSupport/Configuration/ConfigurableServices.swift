package import ArgumentParser

/// All services that a file may have sections for, and their options.
package struct ConfigurableServices: Sendable {
    package typealias Service = any (ParsableCommand & SendableMetatype).Type

    /// By their names.
    package let all: [String: Service]
    /// All options of each, in the order of `--help`.
    package let options: [String: [CommandOption]]

    package init(_ services: [Service]) throws {
        self.all = Dictionary(uniqueKeysWithValues: services.map { ($0._commandName, $0) })
        self.options = try self.all.mapValues { try CommandOption.all(of: $0) }
    }

    /// What to say of variables of the environment that look like options, and set nothing.
    package func misspelled(_ variables: some Sequence<String>) -> [String] {
        let options = self.options.values.joined()
        let known = Set(options.filter(\.isConfigurable).map(\.variable) + [CommandOption.prefix + "CONFIG"])
        let others = Set(options.map(\.variable)).subtracting(known)
        return variables.filter { $0.hasPrefix(CommandOption.prefix) && !known.contains($0) }.sorted()
            .compactMap { variable in
                guard !others.contains(variable) else {
                    return "\(variable.shown()) sets nothing: it is an option of the command line alone"
                }
                let name = String(variable.dropFirst(CommandOption.prefix.count))
                let near = name.nearest(among: known.map { String($0.dropFirst(CommandOption.prefix.count)) })
                return near.map { "\(variable.shown()) sets nothing; did you mean \(CommandOption.prefix)\($0)?" }
            }
    }
}
