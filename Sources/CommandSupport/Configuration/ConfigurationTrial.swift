import ArgumentParser
import Foundation

/// Finds the values that a command does not take, by adding one setting after the other to those that it does.
struct ConfigurationTrial {
    let service: ConfigurableServices.Service
    let commandLine: [String]

    /// - Returns: why the command cannot be parsed; `nil` where it can.
    private func refusal(of arguments: [String]) -> String? {
        do {
            _ = try self.service.parseAsRoot(arguments)
            return nil
        } catch {
            guard self.service.exitCode(for: error) != .success else { return nil }
            // In one line, as a fault is.
            return self.service.message(for: error).split(whereSeparator: \.isNewline)
                .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
        }
    }

    /// One setting may need another that comes later, as `api-key-file` needs `http`: what is refused is tried again as
    /// long as something else is taken.
    func faults(of settings: [Configuration.Setting]) -> [ConfigurationFault] {
        guard self.refusal(of: settings.flatMap(\.arguments) + self.commandLine) != nil else { return [] }
        var accepted: [String] = []
        var waiting = [Part(setting: nil, arguments: self.commandLine)]
        waiting += settings.filter { !$0.arguments.isEmpty }.map { Part(setting: $0, arguments: $0.arguments) }
        var count = 0
        repeat {
            count = waiting.count
            waiting.removeAll { part in
                guard self.refusal(of: part.arguments + accepted) == nil else { return false }
                accepted = part.arguments + accepted
                return true
            }
        } while waiting.count < count
        return waiting.flatMap { part in
            if let setting = part.setting { return self.faults(of: setting, besides: accepted) }
            return [ConfigurationFault(.commandLine, self.refusal(of: part.arguments + accepted) ?? "")]
        }
    }

    /// What is taken or refused as a whole.
    private struct Part {
        /// `nil`: the command line.
        var setting: Configuration.Setting?
        var arguments: [String]
    }

    /// - Returns: those of the values that are refused each by itself; where there are none, the setting as a whole.
    private func faults(of setting: Configuration.Setting, besides accepted: [String]) -> [ConfigurationFault] {
        let name = setting.option.name
        let single = zip(setting.values, setting.places).compactMap { value, place in
            self.refusal(of: setting.option.arguments([value]) + accepted).map {
                ConfigurationFault(place, option: name, $0)
            }
        }
        guard single.isEmpty else { return single }
        let reason = self.refusal(of: setting.arguments + accepted) ?? ""
        return [ConfigurationFault(setting.source, option: name, reason)]
    }
}
