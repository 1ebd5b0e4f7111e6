internal import Speculation

/// The tokens of a synthetic language: single bytes, some runs of bytes, and one that ends a generation.
enum SyntheticVocabulary {
    /// What the first tokens of a vocabulary too small for all bytes are.
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)

    /// Runs of bytes, among them characters of several bytes, and parts of such.
    private static let runs: [[UInt8]] =
        ["the ", "ing", "\n\n", "    ", "é", "日本", "🙂", "👩‍🚀", "\r\n", "ß"].map { Array($0.utf8) }
        + [[0xe6, 0x97], [0xa5, 0x20], [0xf0, 0x9f], [0x99, 0x82], [0xe2, 0x80], [0xff, 0xfe]]

    static func make(size: Int) -> Vocabulary {
        var pieces: [[UInt8]]
        if size > 256 {
            pieces = (0...255).map { [UInt8($0)] } + self.runs
            while pieces.count < size { pieces.append(Array(" w\(pieces.count)".utf8)) }
        } else {
            let others = (0...255).map { UInt8($0) }.filter { !self.alphabet.contains($0) }
            pieces = (self.alphabet + others).map { [$0] }
        }
        pieces = Array(pieces.prefix(size - 1)) + [[]]

        var digest = VocabularyDigest()
        for (token, piece) in pieces.enumerated() {
            digest.add(bytes: piece, isControl: token == size - 1)
        }
        return Vocabulary(pieces: pieces, endOfGeneration: [Token(size - 1)], digest: digest)
    }

    /// The token of each byte. A byte that a small vocabulary lacks shares the token of another.
    static func tokensOfBytes(_ vocabulary: Vocabulary) -> [Token] {
        var tokens = (0...255).map { Token($0 % (vocabulary.size - 1)) }
        for (token, piece) in vocabulary.pieces.enumerated() where piece.count == 1 {
            // The first token of a byte: single bytes stand before the runs.
            if vocabulary.size > 256, token > 255 { break }
            tokens[Int(piece[0])] = Token(token)
        }
        return tokens
    }
}
