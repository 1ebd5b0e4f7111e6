/// What a message may hold, beyond the types of its fields; decoding throws above these.
///
/// Services know more, and check more: above all that every token is below the vocabulary's size.
enum Limits {
    /// Most that positions and counts may be: they fit C's `int`.
    static let count = Int(Int32.max)
    /// Most that times and durations may be, in microseconds (285 years): sums of them never overflow, and a `Double` holds them.
    static let microseconds: UInt64 = 1 << 53
    /// Most bytes that may have gone over a link: sums of them never overflow either.
    static let traffic: UInt64 = 1 << 53
    /// Most refusals of a reason that a service may tell of: sums of them never overflow.
    static let refusals: UInt64 = 1 << 40
    /// Milliseconds between heartbeats.
    static let heartbeat: ClosedRange<UInt32> = 10...600_000

    /// Most tokens of a block.
    static let blockTokens = 4096
    /// Tokens of anything that may be as long as a sequence.
    static let sequenceTokens = 1 << 20
    /// Most pieces of one `Committed`.
    static let pieces = 1 << 16

    /// Most bytes that a name, an address, a rule or a reason may have.
    static let name = 4096
    /// Bytes of the text of one piece: what a stop string held back may come with it.
    static let pieceText = 1 << 16
    /// Bytes that one token stands for.
    static let tokenBytes = 1 << 16
    static let chatMessages = 1 << 14
    static let stopStrings = 64
    static let stopStringBytes = 1024
    /// Points of the curve of pass time on rows.
    static let passTimes = 64
    /// Kinds of passes that agree.
    static let kinds = 64
    /// Targets, or drafts, of one description.
    static let members = 1024

    /// Most bytes that a message may unfold to while it is read. protobuf-c needs up to some 40 for one of the wire.
    static let decodingMemory = 64 << 20
}
