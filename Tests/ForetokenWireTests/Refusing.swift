import ForetokenWire
import Testing

/// A suite of messages that cannot be read.
protocol Refusing {}

extension Refusing {
    func refused(_ field: String, _ body: Envelope.Body) {
        self.refused(field, Envelope(body))
    }

    func refused(_ field: String, _ envelope: Envelope) {
        #expect(throws: WireError.invalid(field)) { try Envelope(decoding: envelope.encoded()) }
    }

    func refused(_ field: String, _ fill: (inout RawMessage) -> Void) {
        var raw = RawMessage()
        fill(&raw)
        #expect(throws: WireError.invalid(field)) { try Envelope(decoding: raw.bytes) }
    }
}

extension RawMessage {
    /// A sampling without fault, as the field of a request.
    mutating func sampling() {
        self.message(3) { $0.float(3, 1) }
    }
}
