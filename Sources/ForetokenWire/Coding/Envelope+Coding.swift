import CForetokenProtos
import CProtobufC

extension Envelope {
    /// Bytes of an encoded message at most; longer ones are dropped unread.
    public static let maximumSize = 8 << 20

    /// The message as protobuf: the same bytes for the same value.
    ///
    /// Never traps: a count outside of the wire's range is sent as the nearest one inside, and a message longer than
    /// `maximumSize` is for the receiver to refuse.
    public func encoded() -> [UInt8] {
        let arena = Arena()
        defer { arena.free() }
        let message = self.message(in: arena)
        let size = foretoken__v1__envelope__get_packed_size(message)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = buffer.baseAddress.map { foretoken__v1__envelope__pack(message, $0) } ?? 0
        }
    }

    /// Bytes of the message as it is encoded.
    public var encodedSize: Int {
        let arena = Arena()
        defer { arena.free() }
        return foretoken__v1__envelope__get_packed_size(self.message(in: arena))
    }

    /// Reads a message; nothing that was received can do more than throw.
    ///
    /// What is returned is within `Limits`, but for tokens: that they are below the vocabulary's size is checked by the
    /// services, who know it. Fields of a later version are ignored; a body of a later version is invalid.
    ///
    /// - Parameter call: set to the number of the call where it can be read, although the body is not valid: so that the
    ///   call can be answered.
    public init(decoding bytes: UnsafeRawBufferPointer, call: inout UInt64) throws(WireError) {
        guard bytes.count <= Self.maximumSize else { throw .tooLarge(bytes.count) }
        let arena = Arena(budget: Limits.decodingMemory)
        defer { arena.free() }
        var allocator = arena.allocator
        let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let message = foretoken__v1__envelope__unpack(&allocator, bytes.count, data) else {
            throw arena.isExhausted ? .tooLarge(bytes.count) : .malformed
        }
        call = message.pointee.call
        self.init(
            call: message.pointee.call, timeoutMilliseconds: message.pointee.timeout_milliseconds,
            try Body(message.pointee))
    }

    /// Reads a message; nothing that was received can do more than throw.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        var call: UInt64 = 0
        try self.init(decoding: bytes, call: &call)
    }

    /// Reads a message; nothing that was received can do more than throw.
    public init(decoding bytes: [UInt8]) throws(WireError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(WireError) in try Envelope(decoding: bytes) }
        }
        self = try result.get()
    }

    private func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Envelope> {
        arena.make(foretoken__v1__envelope__init) {
            $0.call = self.call
            $0.timeout_milliseconds = self.timeoutMilliseconds
            self.body.write(to: &$0, in: arena)
        }
    }
}
