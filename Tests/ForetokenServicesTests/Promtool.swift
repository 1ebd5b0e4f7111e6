import Foundation

/// Prometheus's own checker.
enum Promtool {
    /// Where it is; `nil` where it is not installed.
    static let path: String? = {
        let home = FileManager.default.homeDirectoryForCurrentUser.path()
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (folders + ["/usr/local/bin", home + "/.local/foretoken/bin"])
            .map { $0 + "/promtool" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Its exit status, and what it says: `0: ` where there is nothing to say.
    static func check(_ text: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: Self.path ?? "")
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return "\(process.terminationStatus): " + String(decoding: said, as: UTF8.self)
    }
}
