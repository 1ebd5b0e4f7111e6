import Foundation

extension Configuration {
    /// What each option would be, and why: a line for each.
    package var report: String {
        let set = Dictionary(uniqueKeysWithValues: self.settings.map { ($0.option.name, $0) })
        let rows = self.options.filter(\.isConfigurable).map { option -> (String, String, String) in
            let values = set[option.name].map(\.values) ?? option.defaultValue.map { [$0] } ?? []
            let shown = values.isEmpty ? "-" : values.map { $0.shown() }.joined(separator: ", ")
            return (option.name, shown, set[option.name].map { "\($0.source)" } ?? "default")
        }
        let names = rows.map(\.0.count).max() ?? 0
        let values = min(40, rows.map(\.1.count).max() ?? 0)
        return rows.map { "\($0.0.padded(names))  \($0.1.padded(values))  \($0.2)" }.joined(separator: "\n") + "\n"
    }

    /// What is wrong with the files and directories that are named, as far as it can be told without using them.
    ///
    /// - Parameter looks: looks into those that a service reads when it starts, by the names of their options.
    package func unreadable(
        _ looks: [String: () throws(CommandError) -> Void]
    ) -> [ConfigurationFault] {
        self.settings.flatMap { setting -> [ConfigurationFault] in
            guard let wanted = setting.option.valueName, ["file", "directory"].contains(wanted) else { return [] }
            let faults = zip(setting.values, setting.places).compactMap { path, place in
                Self.problem(at: path, isDirectory: wanted == "directory").map {
                    ConfigurationFault(place, option: setting.option.name, $0)
                }
            }
            guard faults.isEmpty, let look = looks[setting.option.name] else { return faults }
            do throws(CommandError) {
                try look()
                return []
            } catch {
                return [ConfigurationFault(setting.source, option: setting.option.name, error.message)]
            }
        }
    }

    private static func problem(at path: String, isDirectory: Bool) -> String? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            return "there is nothing at \(path)"
        }
        guard isFolder.boolValue == isDirectory else {
            return "\(path) is \(isFolder.boolValue ? "a directory" : "not a directory")"
        }
        return FileManager.default.isReadableFile(atPath: path) ? nil : "\(path) cannot be read by this user"
    }
}
