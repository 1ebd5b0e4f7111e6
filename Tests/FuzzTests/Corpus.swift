import Foundation

/// Inputs that once led somewhere new, or broke something; `deploy/fuzz --merge` adds to them.
enum Corpus {
    /// Reads the file of a target: an input in base64 a line, and behind a `#` what it once broke.
    static func inputs(of target: FuzzTarget) throws -> [(line: Int, bytes: [UInt8])] {
        guard let file = Bundle.module.url(forResource: target.name, withExtension: "txt", subdirectory: "Corpus")
        else { return [] }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        return try lines.enumerated().map { index, line in
            let input = line.prefix { $0 != " " && $0 != "#" }
            guard let bytes = Data(base64Encoded: String(input)), !bytes.isEmpty else {
                throw Broken("line \(index + 1) of \(file.lastPathComponent) is not base64")
            }
            return (index + 1, [UInt8](bytes))
        }
    }
}
