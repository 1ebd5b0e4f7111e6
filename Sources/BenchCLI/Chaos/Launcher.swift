import CommandSupport
import Executors
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// Starts processes, all on one thread that lives as long as this program.
///
/// On Linux they are killed when that thread ends, so that nothing outlives a campaign that is killed itself.
actor Launcher {
    private nonisolated let loop: any Loop = ThreadLoop(name: "launcher")

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// Where a program is, in the folders that the environment names and those of the system.
    static func path(of program: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        return folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The words of a command, with the program's path for its name.
    private static func found(_ words: [String]) throws(CommandError) -> [String] {
        guard let program = words[0].contains("/") ? words[0] : Self.path(of: words[0]) else {
            throw CommandError(.missingFile, "there is no program \(words[0]) here: install it (see --help)")
        }
        return [program] + words.dropFirst()
    }

    /// What goes before a command so that it ends with this program; nothing where the system cannot do that.
    private static let leash = Launcher.path(of: "setpriv").map { [$0, "--pdeathsig", "KILL"] } ?? []

    /// Starts a service.
    ///
    /// - Parameters:
    ///   - before: what goes before the words, such as a program that enters a namespace.
    ///   - log: the file that standard error goes to the end of.
    func start(
        _ words: [String], before: [String] = [], environment: [String: String] = [:], log: String
    ) throws -> PartProcess {
        if !FileManager.default.fileExists(atPath: log) {
            guard FileManager.default.createFile(atPath: log, contents: nil) else {
                throw CommandError(.cannotWrite, "\(log) cannot be written")
            }
        }
        let file = open(log, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard file >= 0 else { throw CommandError(.cannotWrite, "\(log) cannot be written") }
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let log = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        return try PartProcess(try Self.found(before + Self.leash + words), environment: all, log: log)
    }

    /// Runs a tool to its end.
    ///
    /// - Throws: `CommandError` with what it says, where it fails.
    func run(_ words: [String], input: String = "") throws {
        let words = try Self.found(words)
        let spawned = try Spawned(words[0], Array(words.dropFirst()), output: .nothing)
        try spawned.input!.write(contentsOf: Data(input.utf8))
        try spawned.input!.close()
        let said = (try spawned.error!.readToEnd()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard spawned.wait() == 0 else {
            let reason = said.split(separator: "\n").joined(separator: "; ")
            throw CommandError(.unavailable, "\(words[0]) failed: \(reason)")
        }
    }
}
