/// The keys that are let in. Never printed, and compared in a time that tells nothing of them.
public struct APIKeys: Equatable, Sendable {
    private let keys: [[UInt8]]

    public struct Malformed: Error, CustomStringConvertible {
        public let description: String
    }

    /// Reads a file's text: one key a line; empty lines, and those that begin with `#`, are left out.
    ///
    /// - Throws: `Malformed`, when there is no key, or one holds a space.
    public init(_ text: String) throws(Malformed) {
        var keys: [[UInt8]] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let key = words.first, !key.hasPrefix("#") else { continue }
            guard words.count == 1 else {
                throw Malformed(description: "line \(index + 1) holds a space within a key; write one key a line")
            }
            keys.append(Array(key.utf8))
        }
        guard !keys.isEmpty else { throw Malformed(description: "there is no key in it; write one a line") }
        self.keys = keys
    }

    /// The file's first, for who asks with one.
    public var first: String { String(decoding: self.keys[0], as: UTF8.self) }

    /// - Returns: the number of the key in the file, from 0; `nil` for a wrong one.
    func number(of key: some StringProtocol) -> Int? {
        let offered = Array(key.utf8)
        var found: Int?
        for (number, known) in self.keys.enumerated() where Self.areEqual(known, offered) { found = number }
        return found
    }

    /// Looks at every byte, whether one differs or not; only the length shows.
    private static func areEqual(_ known: [UInt8], _ offered: [UInt8]) -> Bool {
        guard known.count == offered.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(known, offered) { difference |= one ^ other }
        return difference == 0
    }
}
