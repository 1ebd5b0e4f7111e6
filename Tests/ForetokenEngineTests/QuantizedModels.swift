import ForetokenEngine
import ForetokenModels
import Foundation
import Synchronization
import Testing
import Widening

/// The bundled target with its numbers in other types, each written once for a run of the tests.
enum QuantizedModels {
    /// Types of files that people have, of every kind of kernel that libllama has for them.
    static let types = [
        "F16", "BF16", "Q8_0", "Q4_1", "Q5_0", "Q5_1", "Q4_0", "Q6_K", "Q5_K_M", "Q2_K", "Q3_K_M", "Q4_K_M", "IQ4_NL",
        "IQ4_XS",
    ].map { ModelQuantizer.FileType($0)! }

    private static let copies = Mutex<[ModelQuantizer.FileType: String]>([:])
    private static let wideCopies = Mutex<[ModelQuantizer.FileType: String]>([:])

    /// Gone with the process.
    private static let folder: URL = {
        let folder = FileManager.default.temporaryDirectory.appending(path: "foretoken-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(at: QuantizedModels.folder) }
        return folder
    }()

    /// A copy of the target with rows of 512 numbers: k-quants store 256 together, and become other types in rows of 384.
    ///
    /// - Returns: the path of the copy.
    static func wideTarget(as type: ModelQuantizer.FileType) throws -> String {
        try self.wideCopies.withLock { copies in
            if let path = copies[type] { return path }
            let wide = Self.folder.appending(path: "wide.gguf").path
            if copies.isEmpty {
                let widener = try ModelWidener(path: try #require(BundledModels.target), width: 512, output: wide)
                while try widener.writeNext() {}
            }
            let path = Self.folder.appending(path: "wide-\(type).gguf").path
            _ = try ModelQuantizer(path: wide, output: path, type: type).run()
            copies[type] = path
            return path
        }
    }

    /// - Returns: the path of the copy.
    static func target(as type: ModelQuantizer.FileType) throws -> String {
        try self.copies.withLock { copies in
            if let path = copies[type] { return path }
            let path = Self.folder.appending(path: "\(type).gguf").path
            _ = try ModelQuantizer(path: try #require(BundledModels.target), output: path, type: type).run()
            copies[type] = path
            return path
        }
    }
}
