import Foundation

/// A file that is gone with the value.
final class TemporaryFile: Sendable {
    let path: String

    init(_ content: Data) throws {
        let name = "foretoken-test-\(UInt64.random(in: 0 ... .max))"
        let url = FileManager.default.temporaryDirectory.appending(path: name)
        try content.write(to: url)
        self.path = url.path
    }

    /// A place where nothing is yet.
    static func freePath() -> String {
        FileManager.default.temporaryDirectory.appending(path: "foretoken-test-\(UInt64.random(in: 0 ... .max))").path
    }

    /// Names of the files in the folder of `path` that begin as its own does.
    static func names(from path: String) -> [String] {
        let url = URL(filePath: path)
        let names = try? FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)
        return (names ?? []).filter { $0.hasPrefix(url.lastPathComponent) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }
}
