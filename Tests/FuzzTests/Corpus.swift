import Foundation

/// Inputs that once led somewhere new, or broke something; `deploy/fuzz --merge` adds to them.
enum Corpus {
    static func inputs(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        guard let folder = Bundle.module.resourceURL?.appending(path: "Corpus/\(target.name)") else { return [] }
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
    }
}
