import Foundation

/// A file that comes into being when it is whole: until then it has another name.
final class OutputFile: Sendable {
    private let path: String
    private let part: String
    private let handle: FileHandle

    /// - Throws: when the place cannot be written to.
    init(_ path: String) throws(CommandError) {
        self.path = path
        self.part = path + ".part"
        guard FileManager.default.createFile(atPath: self.part, contents: nil),
            let handle = FileHandle(forWritingAtPath: self.part)
        else { throw CommandError(.cannotWrite, "\(path) cannot be written: is its folder there, and yours?") }
        self.handle = handle
    }

    func write(_ data: Data) throws(CommandError) {
        do {
            try self.handle.write(contentsOf: data)
        } catch {
            self.discard()
            throw CommandError(.cannotWrite, "\(self.path) cannot be written: \(error.localizedDescription)")
        }
    }

    func close() throws(CommandError) {
        do {
            try self.handle.close()
        } catch {
            throw CommandError(.cannotWrite, "\(self.path) cannot be written: \(error.localizedDescription)")
        }
        guard rename(self.part, self.path) == 0 else {
            throw CommandError(.cannotWrite, "\(self.part) cannot be renamed to \(self.path)")
        }
    }

    func discard() {
        try? self.handle.close()
        try? FileManager.default.removeItem(atPath: self.part)
    }

    static func write(_ text: String, to path: String) throws(CommandError) {
        let file = try OutputFile(path)
        try file.write(Data(text.utf8))
        try file.close()
    }
}
