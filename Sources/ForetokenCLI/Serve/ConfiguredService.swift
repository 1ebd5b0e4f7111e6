import ArgumentParser
import CommandSupport
import Foundation

/// A service that a file and the environment can set up.
protocol ConfiguredService: AsyncParsableCommand, SendableMetatype {
    /// Looks into the files that it reads when it starts, by the names of the options that name them.
    var looks: [String: () throws(CommandError) -> Void] { get }
}

extension ServeCommand {
    private static let services: [any ConfiguredService.Type] = [
        ServeTargetCommand.self, ServeDraftCommand.self, ServeCoordinatorCommand.self, ServeAllCommand.self,
    ]

    /// Adds to the arguments of a service what the environment and its file say; leaves those of other commands alone.
    ///
    /// - Throws: where that is wrong, all of which has been told; and where it was only to be checked, in the end.
    static func expand(_ arguments: [String]) throws -> [String] {
        guard arguments.count > 1, arguments[0] == self._commandName,
            let service = self.services.first(where: { $0._commandName == arguments[1] })
        else { return arguments }
        let commandLine = Array(arguments.dropFirst(2))
        guard !commandLine.contains(where: ["-h", "--help", "--help-hidden", "--version"].contains) else {
            return arguments
        }
        let environment = ProcessInfo.processInfo.environment
        let services = try ConfigurableServices(self.services)
        // Before it is known whether all of it can be read.
        let given = CommandOption.given(by: commandLine, among: services.options[arguments[1]] ?? [])
        let format = given["log-format"]?.last ?? environment[CommandOption.prefix + "LOG_FORMAT"]
        if format == LogFormat.json.rawValue { Console.speakJSON() }
        for warning in services.misspelled(environment.keys) { Console.warning(warning) }
        do {
            let configuration = try Configuration(
                arguments[1], among: services, commandLine: commandLine, environment: environment)
            if configuration.values["log-format"] == [LogFormat.json.rawValue] { Console.speakJSON() }
            if configuration.isCheck { try self.check(configuration, service) }
            try self.look(at: configuration, service)
            Reload.begin(with: configuration)
            return arguments.prefix(2) + configuration.arguments
        } catch let error as ConfigurationFaults {
            throw self.tell(error.faults)
        }
    }

    /// Looks into the files that are named outside of the command line, for which the command speaks itself.
    private static func look(at configuration: Configuration, _ service: any ConfiguredService.Type) throws {
        guard let faults = try? self.unreadable(configuration, service) else { return }
        if faults.contains(where: { $0.source != .commandLine }) { throw ConfigurationFaults(faults: faults) }
    }

    /// - Returns: what is wrong with the files that are named.
    /// - Throws: where the command cannot be parsed.
    private static func unreadable(
        _ configuration: Configuration, _ service: any ConfiguredService.Type
    ) throws -> [ConfigurationFault] {
        let command = try service.parseAsRoot(configuration.arguments) as? any ConfiguredService
        return command.map { configuration.unreadable($0.looks) } ?? []
    }

    /// Prints all faults.
    private static func tell(_ faults: [ConfigurationFault]) -> CommandError {
        for fault in faults { Console.note(fault.description) }
        return CommandError(.badData, "\(count(faults.count, "fault")) in the configuration")
    }

    /// - Throws: always: what is wrong, or that it is well.
    private static func check(_ configuration: Configuration, _ service: any ConfiguredService.Type) throws {
        let faults = try self.unreadable(configuration, service)
        guard faults.isEmpty else { throw self.tell(faults) }
        Console.write(configuration.report)
        throw ExitCode.success
    }
}
