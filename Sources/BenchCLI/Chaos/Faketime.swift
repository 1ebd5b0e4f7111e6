import CommandSupport
import Foundation
import Measurement

/// Sets the wall clock of single processes, by libfaketime; time that only goes forward is left alone.
struct Faketime: Sendable {
    private let library: String
    /// A folder for a file of each process.
    private let folder: String

    /// - Returns: `nil` where the library is not installed.
    init?(folder: String) {
        let places = ["/usr/lib", "/usr/local/lib", "/lib"].flatMap { root in
            ["", "/x86_64-linux-gnu", "/aarch64-linux-gnu", "64"].map { "\(root)\($0)/faketime/libfaketime.so.1" }
        }
        guard let library = places.first(where: FileManager.default.isReadableFile) else { return nil }
        self.library = library
        self.folder = folder
    }

    /// What a process has to be started with.
    func environment(of part: ChaosPart) throws -> [String: String] {
        try self.step(part, by: 0)
        return [
            "LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": self.file(of: part), "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        ]
    }

    /// Lets the clock of a process be wrong by that many seconds, from a second from now on at the latest.
    func step(_ part: ChaosPart, by seconds: Int) throws {
        try Data("\(seconds < 0 ? "" : "+")\(seconds)\n".utf8).write(
            to: URL(filePath: self.file(of: part)), options: .atomic)
    }

    private func file(of part: ChaosPart) -> String { "\(self.folder)/\(part).time" }
}
