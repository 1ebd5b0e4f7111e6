public import Speculation

/// What token ids mean: bytes of each token, and which end a generation. Usable on any thread.
public struct Vocabulary: Sendable {
    /// The bytes of each token, by id; empty for control tokens.
    public let pieces: [[UInt8]]
    public let endOfGeneration: Set<Token>
    /// Equal exactly when token ids mean the same.
    public var fingerprint: UInt64 { self.digest.value }
    private let digest: VocabularyDigest

    init(pieces: [[UInt8]], endOfGeneration: Set<Token>, digest: VocabularyDigest) {
        self.pieces = pieces
        self.endOfGeneration = endOfGeneration
        self.digest = digest
    }

    public var size: Int { self.pieces.count }

    /// The first token that means something else in another vocabulary, or is in one of them only.
    public func firstDifference(from other: Vocabulary) -> Token? {
        let (own, others) = (self.digest.values, other.digest.values)
        if let token = zip(own, others).enumerated().first(where: { $1.0 != $1.1 }) { return Token(token.offset) }
        return own.count == others.count ? nil : Token(min(own.count, others.count))
    }

    /// A token in words for people.
    public func name(of token: Token) -> String {
        guard Int(token) < self.digest.values.count else { return "none" }
        let piece = self.pieces[Int(token)]
        if piece.isEmpty { return "a control token" }
        return String(validating: piece, as: UTF8.self).map { $0.debugDescription } ?? "the bytes \(piece)"
    }

    /// The bytes of a run of tokens; a token outside the vocabulary has none.
    public func bytes(of tokens: some Sequence<Token>) -> [UInt8] {
        tokens.flatMap { Int($0) < self.pieces.count ? self.pieces[Int($0)] : [] }
    }
}

/// Digests a vocabulary token by token (FNV-1a, 64 bits).
struct VocabularyDigest: Sendable {
    /// Digests: behind each token, that of all up to it.
    private(set) var values: [UInt64] = []

    var value: UInt64 { self.values.last ?? 0xcbf2_9ce4_8422_2325 }

    /// Adds the next token: its bytes, or for a control token its name.
    ///
    /// Whether it ends a text is not in it: that is the target's to say, and a draft may think otherwise.
    mutating func add(bytes: [UInt8], isControl: Bool) {
        // The length goes first, so that no two runs of tokens read alike.
        var hash = FNV1a(self.value)
        hash.add(stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: UInt64(bytes.count) >> UInt64($0)) })
        hash.add(bytes)
        hash.add(CollectionOfOne(isControl ? 1 : 0))
        self.values.append(hash.value)
    }
}
