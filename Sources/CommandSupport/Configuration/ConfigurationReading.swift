import Foundation

/// Understands a file and the environment by the options that services have, and notes what is wrong.
struct ConfigurationReading {
    /// Options by the service that has them.
    private let known: [String: [String: CommandOption]]
    private(set) var faults: [ConfigurationFault] = []

    init(_ services: ConfigurableServices) {
        self.known = services.options.mapValues { options in
            Dictionary(uniqueKeysWithValues: options.filter(\.isConfigurable).map { ($0.name, $0) })
        }
    }

    // MARK: The file

    /// What a file sets for a service, by option. All of it is looked at, whoever it is for.
    mutating func entries(of file: ConfigurationFile, for service: String) -> [String: Configuration.Setting] {
        self.faults += file.faults
        let services = self.known.keys.sorted()
        var settings: [String: Configuration.Setting] = [:]
        for entry in file.shared {
            let takers = services.filter { self.known[$0]?[entry.key] != nil }
            guard !takers.isEmpty else {
                self.unknown(entry.key, at: .file(file.name, line: entry.line), among: services, or: services)
                continue
            }
            // One service may take a list where another takes a value; a list is not for the latter then.
            let fitting = takers.filter { !entry.isList || self.known[$0]![entry.key]!.kind == .list }
            let taker = fitting.contains(service) ? service : fitting.first ?? takers[0]
            let setting = self.setting(self.known[taker]![entry.key]!, entry, file)
            if taker == service { settings[entry.key] = setting }
        }
        for section in file.sections {
            let place = ConfigurationSource.file(file.name, line: section.line)
            guard let options = self.known[section.name] else {
                if section.entries.isEmpty, services.contains(where: { self.known[$0]![section.name] != nil }) {
                    self.fault(place, section.name, "has no value; leave the line out to have the default")
                } else {
                    self.unknown(section.name, at: place, among: [], or: services)
                }
                continue
            }
            for entry in section.entries {
                guard let option = options[entry.key] else {
                    let line = ConfigurationSource.file(file.name, line: entry.line)
                    self.unknown(entry.key, at: line, among: [section.name], or: [])
                    continue
                }
                let setting = self.setting(option, entry, file)
                if section.name == service { settings[entry.key] = setting }
            }
        }
        return settings
    }

    private mutating func setting(
        _ option: CommandOption, _ entry: ConfigurationFile.Entry, _ file: ConfigurationFile
    ) -> Configuration.Setting? {
        let place = ConfigurationSource.file(file.name, line: entry.line)
        guard !entry.isList || option.kind == .list else {
            self.fault(place, option.name, "takes one value, and has a list here")
            return nil
        }
        return self.setting(
            option, entry.values.map(\.text), at: place,
            places: entry.values.map { .file(file.name, line: $0.line) })
    }

    // MARK: The environment

    /// What the environment says of an option; `nil` where it says nothing, or nothing that can be used.
    mutating func setting(
        _ option: CommandOption, in environment: [String: String]
    ) -> Configuration.Setting? {
        guard let text = environment[option.variable], !text.isEmpty else { return nil }
        let values =
            option.kind == .list
            ? text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } : [text]
        let place = ConfigurationSource.environment(variable: option.variable)
        let setting = self.setting(option, values, at: place, places: values.map { _ in place })
        // Every command reads this one by itself, and --insecure sets it aside.
        guard option.variable == "FORETOKEN_KEYS" else { return setting }
        return Configuration.Setting(option: option, values: values, source: place, places: [place], arguments: [])
    }

    // MARK: Values

    private mutating func setting(
        _ option: CommandOption, _ values: [String], at source: ConfigurationSource, places: [ConfigurationSource]
    ) -> Configuration.Setting? {
        var values = values
        if case .flag = option.kind {
            guard let truth = values.first.flatMap(Self.truth) else {
                self.fault(source, option.name, "is true or false, not \"\((values.first ?? "").shown())\"")
                return nil
            }
            values = [truth]
        }
        return Configuration.Setting(
            option: option, values: values, source: source, places: places, arguments: option.arguments(values))
    }

    private static func truth(_ text: String) -> String? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": "true"
        case "false", "no", "off", "0": "false"
        default: nil
        }
    }

    // MARK: Faults

    private mutating func fault(_ source: ConfigurationSource, _ option: String, _ reason: String) {
        self.faults.append(ConfigurationFault(source, option: option, reason))
    }

    /// - Parameters:
    ///   - services: whose options it may have been meant to be.
    ///   - others: what else it may have been meant to be.
    private mutating func unknown(
        _ key: String, at source: ConfigurationSource, among services: [String], or others: [String]
    ) {
        let names = Set(services.flatMap { self.known[$0]!.keys } + others)
        let owner = services.count == 1 ? "serve \(services[0])" : services.isEmpty ? "serve" : "any service"
        let reason =
            services.isEmpty
            ? "there is no service of this name" : "is not an option of \(owner)"
        let nearest = key.nearest(among: names).map { "; did you mean \($0)?" }
        self.fault(source, key, reason + (nearest ?? ""))
    }
}
