import ForetokenWire
import Speculation
import TestSupport
import Testing

/// The bytes on the wire: a change here is a new protocol version.
@Suite struct GoldenTests {
    @Test func block() throws {
        try self.expect(
            Envelope(.block(Samples.block)),
            """
            8a0247080510ac0219efcdab8967452301220b018001fff901ffffffff0f308080f9c0c1c4820338800540a09c0155000000\
            3e5a10000000000000803f0000003f0000403f6500002043
            """)
    }

    /// Fields may come to a message, at its end: whoever does not know them still speaks the same version.
    @Test func blockThatTellsNothingOfItsDraft() throws {
        var block = Samples.block
        (block.price, block.acceptances, block.draftTokenMicroseconds) = (nil, [], nil)
        try self.expect(
            Envelope(.block(block)),
            """
            8a022b080510ac0219efcdab8967452301220b018001fff901ffffffff0f308080f9c0c1c4820338800540a09c01
            """)
    }

    @Test func question() throws {
        try self.expect(
            Envelope(.question(Samples.question)), "9a0217080510ac0219efcdab8967452301208080f9c0c1c48203")
    }

    @Test func abstention() throws {
        try self.expect(
            Envelope(.abstention(Samples.abstention)),
            "a20225080510ac0219efcdab8967452301208080f9c0c1c4820328a09c01350000003e3d00002043")
    }

    @Test func verdict() throws {
        try self.expect(
            Envelope(.verdict(Samples.verdict)),
            """
            c20128080510ac021a0401800107211032547698badcfe28023004388080f9c0c1c48203405a48dc6f5009
            """)
    }

    @Test func chatAndTokensAsPrompts() throws {
        let chat = Request(prompt: .chat([ChatTurn(role: "user", content: "Hi")]), likelihoods: 5)
        try self.expect(
            Envelope(.generate(GenerateRequest(request: chat))),
            "c202190a171a051d0000803f420a0a04757365721202486950015805")
        let tokens = Request(prompt: .tokens([1, 128]))
        try self.expect(
            Envelope(.generate(GenerateRequest(request: tokens))), "c2020e0a0c1a051d0000803f4a03018001")
    }

    @Test func likelihoods() throws {
        let candidate = Likelihood.Candidate(token: 5, bytes: [0x61], logProbability: -0.5)
        let piece = Piece(
            token: 5, text: "a", origin: .plain, likelihood: Likelihood(chosen: candidate, top: [candidate]))
        try self.expect(
            Envelope(.committed(Committed(index: 0, pieces: [piece]))),
            "b20121121f08051201612a180a0a08051201611d000000bf120a08051201611d000000bf")
    }

    @Test func theSizeIsThatOfTheBytes() {
        for envelope in Samples.all { #expect(envelope.encodedSize == envelope.encoded().count) }
    }

    private func expect(_ envelope: Envelope, _ hex: String) throws {
        let bytes = envelope.encoded()
        #expect(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == hex)
        #expect(try Envelope(decoding: bytes) == envelope)
    }
}
