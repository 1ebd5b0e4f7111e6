import CommandSupport
import Foundation
import Simulation

/// Files of the benches, read whole.
enum InputFile {
    static func trace(_ path: String) throws(CommandError) -> Trace {
        let data = try self.read(path, "trace")
        do {
            return try Trace(data)
        } catch {
            throw CommandError(.badData, "the trace \(path), \(error)")
        }
    }

    static func costs(_ path: String) throws(CommandError) -> Costs {
        let data = try self.read(path, "costs file")
        do {
            return try Costs(data)
        } catch {
            throw CommandError(.badData, "\(path): \(error)")
        }
    }

    private static func read(_ path: String, _ what: String) throws(CommandError) -> Data {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandError(.missingFile, "no \(what) at \(path)")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError(.missingFile, "the \(what) \(path) cannot be read")
        }
        return data
    }
}
