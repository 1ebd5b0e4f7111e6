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

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }
}
