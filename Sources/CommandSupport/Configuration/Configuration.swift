import ArgumentParser
import Foundation

/// How a service is set up: by its command line, by the environment, and by a file.
///
/// Each option is taken from the first of these that sets it: the command line, a variable of the environment, the
/// service's section of the file, the file's top level. All of it becomes arguments of the command, so that types,
/// defaults and limits are ArgumentParser's and the command's alone.
package struct Configuration: Sendable {
    /// An option, and what it was set to.
    package struct Setting: Sendable {
        package let option: CommandOption
        package let values: [String]
        package let source: ConfigurationSource
        /// Where each value stands.
        let places: [ConfigurationSource]
        /// What is said to the command for it; none where the command reads it by itself.
        let arguments: [String]
    }

    /// The service's name.
    package let service: String
    /// Those options that are set, in the order of `--help`.
    package let settings: [Setting]
    /// All options of the service.
    package let options: [CommandOption]
    /// What the service is to be parsed from.
    package let arguments: [String]
    /// The configuration file; `nil` where there is none.
    package let path: String?
    /// Whether it is only to be told, and nothing to be started.
    package let isCheck: Bool
    /// What `reread` begins with.
    private let start: Start

    private struct Start: Sendable {
        var services: ConfigurableServices
        var commandLine: [String]
        var environment: [String: String]
    }

    /// - Parameters:
    ///   - service: the name of one of the services.
    ///   - commandLine: the arguments behind the service's name.
    /// - Throws: `CommandError` where the file cannot be read; `ConfigurationFaults` with all that is wrong in it and in
    ///   the environment, and in the command line where that is not all.
    package init(
        _ service: String, among services: ConfigurableServices, commandLine: [String], environment: [String: String]
    ) throws {
        self.service = service
        self.start = Start(services: services, commandLine: commandLine, environment: environment)
        self.options = services.options[service] ?? []
        let given = CommandOption.given(by: commandLine, among: self.options)
        let named = environment[CommandOption.prefix + "CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        self.path = given["config"]?.last ?? named
        self.isCheck = given["check-config"] == ["true"]
        let file: ConfigurationFile? = if let path { try ConfigurationFile(path: path) } else { nil }

        var reading = ConfigurationReading(services)
        let fromFile = file.map { reading.entries(of: $0, for: service) } ?? [:]
        var settings: [Setting] = []
        for option in self.options where option.isConfigurable {
            if let values = given[option.name] {
                let places = values.map { _ in ConfigurationSource.commandLine }
                settings.append(
                    Setting(option: option, values: values, source: .commandLine, places: places, arguments: []))
            } else if let setting = reading.setting(option, in: environment) ?? fromFile[option.name] {
                settings.append(setting)
            }
        }
        // What the environment says of keys, --insecure sets aside.
        if settings.contains(where: { $0.option.name == "insecure" && $0.values == ["true"] }) {
            settings.removeAll { $0.source == .environment(variable: "FORETOKEN_KEYS") }
        }
        self.settings = settings
        self.arguments = settings.flatMap(\.arguments) + commandLine
        let trial = services.all[service].map { ConfigurationTrial(service: $0, commandLine: commandLine) }
        let faults = reading.faults + (trial?.faults(of: settings) ?? [])
        // What is wrong with the command line alone is ArgumentParser's to tell.
        guard faults.allSatisfy({ $0.source == .commandLine }) else {
            throw ConfigurationFaults(faults: faults.sorted(by: ConfigurationFault.isBefore))
        }
    }

    /// Reads the file again.
    package func reread() throws -> Configuration {
        try Configuration(
            self.service, among: self.start.services, commandLine: self.start.commandLine,
            environment: self.start.environment)
    }

    /// What every option is set to that is set, by its name.
    package var values: [String: [String]] {
        Dictionary(uniqueKeysWithValues: self.settings.map { ($0.option.name, $0.values) })
    }
}
