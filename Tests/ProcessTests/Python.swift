import Foundation
import Testing

/// Programs of the tests that are written in Python.
enum Python {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// - Returns: a Python that has what the `requirements.txt` of a folder names.
    static func program(for folder: URL) async throws -> String {
        let requirements = folder.appending(path: "requirements.txt").path
        let script = Self.root.appending(path: "deploy/python-env").path
        let ended = try await RunningProcess([requirements], executable: script).end(within: 600)
        try #require(ended.status == 0, "\(ended.output)\n\(ended.error)")
        return ended.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
