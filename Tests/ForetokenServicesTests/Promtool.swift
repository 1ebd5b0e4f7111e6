import Foundation

/// Prometheus's own checker.
struct Promtool {
    private let path: String

    struct Missing: Error {
        var reason: String
    }

    /// Finds it, or fetches it.
    init() throws {
        let script = Self.root.appending(path: "deploy/promtool").path()
        let (status, said) = try Self.run(script, [], "")
        guard status == 0 else { throw Missing(reason: said) }
        self.path = said.split(separator: "\n").last.map(String.init) ?? ""
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Its exit status, and what it says.
    func check(_ text: String) throws -> (status: Int32, said: String) {
        try Self.run(self.path, ["check", "metrics"], text)
    }

    private static func run(_ path: String, _ arguments: [String], _ text: String) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }
}
