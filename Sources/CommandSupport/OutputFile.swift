package import Foundation

/// A file that comes into being when it is closed: until then it has another name, and it is gone with the value.
package final class OutputFile: Sendable {
    private let path: String
    private let part: String
    private let handle: FileHandle

    /// - Throws: when the place cannot be written to.
    package init(_ path: String) throws(CommandError) {
        self.path = path
        self.part = "\(path).\(ProcessInfo.processInfo.processIdentifier).part"
        guard Self.isFree(path) else { throw CommandError(.cannotWrite, "\(path) is there, and no plain file") }
        guard FileManager.default.createFile(atPath: self.part, contents: nil),
            let handle = FileHandle(forWritingAtPath: self.part)
        else { throw CommandError(.cannotWrite, "\(path) cannot be written: is its folder there, and yours?") }
        self.handle = handle
        // It is no child's.
        _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        self.discard()
    }

    /// Whether nothing is there, or a file that may be replaced: no folder, and no device.
    private static func isFree(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) != 0 || information.st_mode & S_IFMT == S_IFREG
    }

    package func write(_ data: Data) throws(CommandError) {
        do {
            try self.handle.write(contentsOf: data)
        } catch {
            throw CommandError(.cannotWrite, "\(self.path) cannot be written: \(error.localizedDescription)")
        }
    }

    /// Gives the file its name.
    package func close() throws(CommandError) {
        do {
            try self.handle.close()
        } catch {
            throw CommandError(.cannotWrite, "\(self.path) cannot be written: \(error.localizedDescription)")
        }
        guard rename(self.part, self.path) == 0 else {
            self.discard()
            throw CommandError(.cannotWrite, "\(self.path) cannot be written: its new content cannot take its place")
        }
    }

    private func discard() {
        try? self.handle.close()
        try? FileManager.default.removeItem(atPath: self.part)
    }

    package static func write(_ data: Data, to path: String) throws(CommandError) {
        let file = try OutputFile(path)
        try file.write(data)
        try file.close()
    }

    package static func write(_ text: String, to path: String) throws(CommandError) {
        try self.write(Data(text.utf8), to: path)
    }

    /// Makes sure, before long work, that its result can be written.
    package static func check(_ path: String) throws(CommandError) {
        _ = try OutputFile(path)
    }
}
