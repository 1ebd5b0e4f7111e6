import ForetokenWire
import Speculation
import TestSupport
import Testing

@Suite struct RoundTripTests {
    @Test(arguments: Samples.all)
    func everyMessageComesBackEqual(envelope: Envelope) throws {
        let bytes = envelope.encoded()
        #expect(try Envelope(decoding: bytes) == envelope)
        #expect(envelope.encoded() == bytes)
    }

    @Test func everyCodeRoleOriginAndFinishComesBack() throws {
        for code in Status.Code.allCases { try self.roundTrip(.status(Status(code, code.name))) }
        for role in Role.allCases { try self.roundTrip(.hello(Hello(peer: Peer(role: role, name: "a")))) }
        let pieces = Origin.allCases.map { Piece(token: 1, text: "", origin: $0) }
        for finish in [nil, FinishReason.stop, .length] {
            try self.roundTrip(.committed(Committed(index: 0, pieces: pieces, finish: finish)))
        }
    }

    @Test func longMessagesComeBack() throws {
        let prompt = String(repeating: "été ", count: 1 << 20)
        try self.roundTrip(.generate(GenerateRequest(request: Request(prompt: .text(prompt)))))
        let tokens = (0..<Token(1 << 20)).map { $0 &* 2_654_435_761 }
        try self.roundTrip(
            .mirror(MirrorRequest(sequence: 1, tokens: tokens, sampling: .greedy, lookahead: .marginal, endPosition: 0))
        )
        let pieces = (0..<Token(1 << 16)).map { Piece(token: $0, text: "\($0)", origin: .accepted) }
        try self.roundTrip(.committed(Committed(index: 0, pieces: pieces)))
        let block = Block(
            sequence: 1, position: 0, fingerprint: .empty, tokens: Array(repeating: .max, count: 4096),
            acceptances: Array(repeating: 0.5, count: 4096))
        try self.roundTrip(.block(block))
    }

    @Test func countsOutsideOfTheWireBecomeTheNearestInside() throws {
        let low = Question(sequence: 1, position: -5, fingerprint: .empty)
        let high = Question(sequence: 1, position: .max, fingerprint: .empty)
        for (question, position) in [(low, 0), (high, Int(Int32.max))] {
            var expected = question
            expected.position = position
            #expect(try Envelope(decoding: Envelope(.question(question)).encoded()).body == .question(expected))
        }
    }

    @Test func aLongStatusIsCutAtACharacterAndArrives() throws {
        let status = Status(.internalError, "a" + String(repeating: "é", count: 4000))
        let decoded = try Envelope(decoding: Envelope(.status(status)).encoded())
        #expect(decoded.body == .status(Status(.internalError, "a" + String(repeating: "é", count: 2047))))
    }

    @Test func unknownFieldsAreIgnored() throws {
        var raw = RawMessage()
        raw.varint(4000, 1)
        raw.message(Number.ping) {
            $0.varint(1, 99)
            $0.bytes(77, [1, 2, 3])
        }
        #expect(try Envelope(decoding: raw.bytes) == Envelope(.ping(Ping(sentMicroseconds: 99))))
    }

    private func roundTrip(_ body: Envelope.Body) throws {
        let envelope = Envelope(call: 1, body)
        let decoded = try Envelope(decoding: envelope.encoded())
        #expect(decoded == envelope)
    }
}
