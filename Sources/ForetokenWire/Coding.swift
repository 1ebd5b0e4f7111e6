extension Envelope {
    /// Bytes of an encoded message at most; longer ones are dropped unread.
    public static let maximumSize = 8 << 20

    /// The message as protobuf.
    public func encoded() -> [UInt8] {
        []
    }

    /// Reads a message; nothing that was received can do more than throw.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        throw .malformed
    }
}
