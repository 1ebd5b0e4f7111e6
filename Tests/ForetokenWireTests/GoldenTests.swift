import ForetokenWire
import Speculation
import TestSupport
import Testing

/// The bytes on the wire: a change here is a new protocol version.
@Suite(.oneAtATime) struct GoldenTests {
    @Test func block() throws {
        try self.expect(
            Envelope(.block(Samples.block)),
            """
            8a023d080510ac0219efcdab8967452301220b018001fff901ffffffff0f\
            2a100000803f0000003f0000803e00000000308080f9c0c1c4820338800540a09c01
            """)
    }

    @Test func verdict() throws {
        try self.expect(
            Envelope(.verdict(Samples.verdict)),
            """
            c20128080510ac021a0401800107211032547698badcfe28023004388080f9c0c1c48203405a48dc6f5009
            """)
    }

    private func expect(_ envelope: Envelope, _ hex: String) throws {
        let bytes = envelope.encoded()
        #expect(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == hex)
        #expect(try Envelope(decoding: bytes) == envelope)
    }
}
