/// Protobuf written by hand, to say what the encoder never would.
struct RawMessage {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ field: Int, _ value: UInt64) {
        self.append(UInt64(field) << 3)
        self.append(value)
    }

    mutating func message(_ field: Int, _ fill: (inout RawMessage) -> Void) {
        var message = RawMessage()
        fill(&message)
        self.bytes(field, message.bytes)
    }

    mutating func bytes(_ field: Int, _ bytes: some Collection<UInt8>) {
        self.length(field, UInt64(bytes.count))
        self.bytes += bytes
    }

    mutating func float(_ field: Int, _ value: Float) {
        self.append(UInt64(field) << 3 | 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { self.bytes += $0 }
    }

    mutating func double(_ field: Int, _ value: Double) {
        self.append(UInt64(field) << 3 | 1)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { self.bytes += $0 }
    }

    /// The head of a field of `count` bytes, without the bytes.
    mutating func length(_ field: Int, _ count: UInt64) {
        self.append(UInt64(field) << 3 | 2)
        self.append(count)
    }

    private mutating func append(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            self.bytes.append(UInt8(value & 0x7f) | 0x80)
            value >>= 7
        }
        self.bytes.append(UInt8(value))
    }
}

/// Numbers of the envelope's bodies, and of fields that the tests fill.
enum Number {
    static let status = 10
    static let hello = 11
    static let ping = 13
    static let pong = 14
    static let committed = 22
    static let verdict = 24
    static let mirror = 31
    static let block = 33
    static let question = 35
    static let abstention = 36
    static let open = 20
    static let generate = 40
    static let description = 42
}
