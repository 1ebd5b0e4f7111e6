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
}
