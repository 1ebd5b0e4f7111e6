public import Speculation

/// What token ids mean: bytes of each token, and which end a generation. Usable on any thread.
public struct Vocabulary: Sendable {
    /// The bytes of each token, by id; empty for control tokens.
    public let pieces: [[UInt8]]
    public let endOfGeneration: Set<Token>
    /// Equal exactly when token ids mean the same.
    public let fingerprint: UInt64

    public init(pieces: [[UInt8]], endOfGeneration: Set<Token>, fingerprint: UInt64) {
        self.pieces = pieces
        self.endOfGeneration = endOfGeneration
        self.fingerprint = fingerprint
    }

    public var size: Int { self.pieces.count }

    /// The bytes of a run of tokens; a token outside the vocabulary has none.
    public func bytes(of tokens: some Sequence<Token>) -> [UInt8] {
        tokens.flatMap { Int($0) < self.pieces.count ? self.pieces[Int($0)] : [] }
    }
}

/// Digests a vocabulary token by token (FNV-1a, 64 bits).
struct VocabularyDigest {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Adds the next token: its bytes, or for a control token its name, and what it is for.
    mutating func add(bytes: [UInt8], isControl: Bool, endsGeneration: Bool) {
        // The length goes first, so that no two runs of tokens read alike.
        self.add(UInt64(bytes.count))
        for byte in bytes { self.add(byte) }
        self.add(UInt8(isControl ? 1 : 0) | UInt8(endsGeneration ? 2 : 0))
    }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { self.add(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }

    private mutating func add(_ byte: UInt8) {
        self.value = (self.value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
}
