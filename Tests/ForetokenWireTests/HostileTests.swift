import ForetokenWire
import Speculation
import TestSupport
import Testing

/// What nobody of ours would send is refused, by the name of the field.
@Suite struct HostileTests: Refusing {
    @Test(arguments: Samples.all)
    func everyPrefixDecodesOrThrows(envelope: Envelope) {
        let bytes = envelope.encoded()
        for count in 0..<bytes.count { _ = try? Envelope(decoding: Array(bytes[..<count])) }
    }

    @Test func nothingAndUnknownBodiesAreNoMessage() {
        self.refused("body") { _ in }
        self.refused("body") { $0.varint(1, 7) }
        self.refused("body") { $0.bytes(99, [1, 2, 3]) }
        #expect(throws: WireError.invalid("body")) {
            try Envelope(decoding: UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    @Test func sizeIsCappedBeforeAnythingIsRead() {
        let size = Envelope.maximumSize + 1
        #expect(throws: WireError.tooLarge(size)) { try Envelope(decoding: [UInt8](repeating: 0xff, count: size)) }
        let prompt = String(repeating: "x", count: Envelope.maximumSize)
        let long = Envelope(.generate(GenerateRequest(request: Request(prompt: .text(prompt))))).encoded()
        #expect(throws: WireError.tooLarge(long.count)) { try Envelope(decoding: long) }
    }

    /// Two bytes on the wire that unfold to a struct each.
    @Test func memoryIsCapped() {
        for body in [Number.committed, Number.description] {
            var inner = RawMessage()
            for _ in 0..<(3 << 20) { inner.length(body == Number.committed ? 2 : 1, 0) }
            var raw = RawMessage()
            raw.bytes(body, inner.bytes)
            #expect(throws: WireError.tooLarge(raw.bytes.count)) { try Envelope(decoding: raw.bytes) }
        }
    }

    @Test func lengthsBeyondTheMessageAreMalformed() {
        for length in [1, 127, 1 << 31, 1 << 32, 1 << 62, UInt64.max - 8, .max] as [UInt64] {
            for field in [Number.block, Number.committed, Number.abstention, 99] {
                var raw = RawMessage()
                raw.length(field, length)
                #expect(throws: WireError.malformed) { try Envelope(decoding: raw.bytes) }
                var outer = RawMessage()
                outer.bytes(Number.block, raw.bytes)
                #expect(throws: WireError.malformed) { try Envelope(decoding: outer.bytes) }
            }
        }
    }

    @Test(arguments: [5, 17, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, UInt64.max] as [UInt64])
    func enumsOutOfRange(value: UInt64) {
        self.refused("status.code") { $0.message(Number.status) { $0.varint(1, value | 32) } }
        self.refused("hello.peer.role") {
            $0.message(Number.hello) { $0.message(2) { $0.varint(1, value) } }
        }
        self.refused("committed.finish") { $0.message(Number.committed) { $0.varint(3, value) } }
        self.refused("committed.pieces.origin") {
            $0.message(Number.committed) { $0.message(2) { $0.varint(3, value) } }
        }
    }

    @Test func textThatIsNoUnicode() {
        for bad in [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0x61, 0xc0, 0x80]] as [[UInt8]] {
            self.refused("status.message") { $0.message(Number.status) { $0.bytes(2, bad) } }
            self.refused("generate.request.prompt") {
                $0.message(Number.generate) {
                    $0.message(1) {
                        $0.sampling(); $0.bytes(1, bad)
                    }
                }
            }
            self.refused("generate.request.stop") {
                $0.message(Number.generate) {
                    $0.message(1) {
                        $0.sampling(); $0.bytes(5, bad)
                    }
                }
            }
            self.refused("committed.pieces.text") {
                $0.message(Number.committed) { $0.message(2) { $0.bytes(2, bad) } }
            }
        }
    }

    @Test func countsAboveTheirLimits() {
        let many = [Token](repeating: 1, count: 4097)
        self.refused("block.tokens", .block(Block(sequence: 1, position: 0, fingerprint: .empty, tokens: many)))
        let stops = [String](repeating: "a", count: 65)
        self.refused("generate.request.stop", .generate(GenerateRequest(request: Request(prompt: "", stop: stops))))
        for stop in ["", String(repeating: "a", count: 1025)] {
            let request = Request(prompt: "", stop: ["b", stop])
            self.refused("generate.request.stop", .generate(GenerateRequest(request: request)))
        }
        let long = String(repeating: "a", count: 4097)
        self.refused("attach.address", .attach(AttachRequest(address: long)))
        self.refused("hello.peer.name", .hello(Hello(peer: Peer(role: .client, name: long))))
        self.refused("assign.draft", .assign(AssignRequest(sequence: 1, draft: long)))
        let tokens = [Token](repeating: 1, count: (1 << 20) + 1)
        self.refused("generate.request.committed") {
            $0.message(Number.generate) {
                $0.message(1) {
                    $0.sampling(); $0.bytes(2, tokens.map { UInt8($0) })
                }
            }
        }
    }

    @Test func positionsAndCountersAboveTheirRange() {
        self.refused("block.position") {
            $0.message(Number.block) {
                $0.varint(2, 1 << 31); $0.bytes(4, [1])
            }
        }
        self.refused("question.position") { $0.message(Number.question) { $0.varint(2, 1 << 31) } }
        self.refused("abstention.position") { $0.message(Number.abstention) { $0.varint(2, 1 << 31) } }
        self.refused("block.tokens", .block(Block(sequence: 1, position: 0, fingerprint: .empty, tokens: [])))
        self.refused("block.position") {
            $0.message(Number.block) {
                $0.varint(2, (1 << 31) - 1); $0.bytes(4, [1])
            }
        }
        self.refused("verdict.position") { $0.message(Number.verdict) { $0.varint(2, 0xffff_ffff) } }
        self.refused("verdict.accepted") {
            $0.message(Number.verdict) {
                $0.varint(5, 3); $0.varint(6, 2)
            }
        }
        self.refused("committed.index") {
            $0.message(Number.committed) {
                $0.varint(1, (1 << 31) - 1); $0.message(2) { _ in }
            }
        }
        self.refused("mirror.end_position") {
            $0.message(Number.mirror) {
                $0.sampling(); $0.bytes(4, Array("off".utf8)); $0.varint(5, 1 << 31)
            }
        }
        self.refused("mirror.ending.earliest") {
            $0.message(Number.mirror) {
                $0.sampling()
                $0.message(6) { $0.varint(1, 1 << 31) }
            }
        }
        self.refused("generate.request.min_tokens") {
            $0.message(Number.generate) {
                $0.message(1) {
                    $0.sampling(); $0.varint(12, 1 << 31)
                }
            }
        }
        self.refused("ping.sent_microseconds", .ping(Ping(sentMicroseconds: .max)))
    }

    @Test func heartbeatsTooFastOrTooSlow() {
        for bad in [0, 9, 600_001, .max] as [UInt32] {
            let peer = Peer(role: .target, name: "t", heartbeatMilliseconds: bad)
            self.refused("hello.peer.heartbeat_milliseconds", .hello(Hello(peer: peer)))
            self.refused("welcome.peer.heartbeat_milliseconds", .welcome(Welcome(peer: peer)))
        }
        self.refused("hello.peer") { $0.message(Number.hello) { $0.varint(1, 1) } }
    }

    /// A body twice is merged or replaced, whatever protobuf-c makes of it; but nothing breaks.
    @Test func bodiesThatComeTwice() throws {
        for first in Samples.all {
            for second in Samples.all {
                guard let envelope = try? Envelope(decoding: first.encoded() + second.encoded()) else { continue }
                #expect(try Envelope(decoding: envelope.encoded()) == envelope)
            }
        }
    }
}
