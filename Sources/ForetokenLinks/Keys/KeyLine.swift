internal import ForetokenWire
internal import ZeroMQ

/// A line of a file of keys: a role, a name, and a key, public or secret.
struct KeyLine: Equatable, Sendable {
    var role: Role
    var name: String
    var key: String

    static let longestName = 64

    /// - Returns: `nil` for an empty line and for a comment.
    /// - Throws: faults that quote no word of the line: any of them may be a secret, in the wrong place.
    init?(_ text: Substring) throws(KeysError.Fault) {
        let fields = text.split(maxSplits: 3, whereSeparator: { $0 == " " || $0 == "\t" })
        guard let first = fields.first, !first.hasPrefix("#") else { return nil }
        let rest = fields.dropFirst(3).first?.first { $0 != " " && $0 != "\t" }
        guard fields.count >= 3, rest == nil || rest == "#" else { throw .wrongShape }
        guard let role = Role(rawValue: String(fields[0])) else { throw .unknownRole }
        guard Self.isName(fields[1]) else { throw .badName(characters: fields[1].count) }
        guard Curve.isKey(String(fields[2])) else { throw .badKey(characters: fields[2].count) }
        self.role = role
        self.name = String(fields[1])
        self.key = String(fields[2])
    }

    init(role: Role, name: String, key: String) {
        (self.role, self.name, self.key) = (role, name, key)
    }

    var text: String { "\(self.role.rawValue) \(self.name) \(self.key)" }

    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= self.longestName, Self.isLetterOrDigit(first) else {
            return false
        }
        return text.utf8.allSatisfy { Self.isLetterOrDigit($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension String {
    /// The lines of a file of keys, however they end.
    var keyLines: [Substring] { self.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) }
}
