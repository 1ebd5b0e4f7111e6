import ForetokenWire
import Speculation
import TestSupport
import Testing

/// What nobody of ours would send is refused, by the name of the field.
@Suite struct HostileTests {
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

    @Test func probabilitiesThatAreNone() {
        for bad in [-0.1, 1.1, .nan, .infinity, -.infinity] as [Float] {
            var block = Samples.block
            block.acceptances[2] = bad
            self.refused("block.acceptances", .block(block))
        }
        var block = Samples.block
        block.acceptances.removeLast()
        self.refused("block.acceptances", .block(block))
        block.acceptances += [0.5, 0.5]
        self.refused("block.acceptances", .block(block))
    }

    @Test func pricesAndTimesThatAreNone() {
        for bad in [-1, .nan, .infinity, -.infinity] as [Float] {
            var block = Samples.block
            block.price = bad
            self.refused("block.price", .block(block))
            block = Samples.block
            block.draftTokenMicroseconds = bad
            self.refused("block.draft_token_microseconds", .block(block))
            var word = Samples.abstention
            word.price = bad
            self.refused("abstention.price", .abstention(word))
            word = Samples.abstention
            word.draftTokenMicroseconds = bad
            self.refused("abstention.draft_token_microseconds", .abstention(word))
        }
        for bad in [-1, .nan, .infinity, -.infinity] as [Double] {
            var committed = Samples.committed
            committed.statistics!.prices = bad
            self.refused("committed.statistics.prices", .committed(committed))
            committed = Samples.committed
            committed.statistics!.draftTokenMicroseconds = bad
            self.refused("committed.statistics.draft_token_microseconds", .committed(committed))
        }
        for bad in [-1, .nan, .infinity, 12.5] as [Double] {
            var committed = Samples.committed
            committed.statistics!.predictedAcceptances = bad
            self.refused("committed.statistics.predicted_acceptances", .committed(committed))
        }
    }

    @Test func termsOfAPairThatAreOutOfRange() {
        for bad in [-1.1, .nan, .infinity, -.infinity] as [Double] {
            let member = Member(
                address: "d", reachable: true, pairs: [PairTerms(target: "t", gain: bad, pays: true)])
            self.refused("description.drafts.pairs.gain", .description(Description(drafts: [member])))
        }
        let pairs = Array(repeating: PairTerms(target: "t", gain: 0, pays: true), count: 1025)
        let member = Member(address: "d", reachable: true, pairs: pairs)
        self.refused("description.drafts.pairs", .description(Description(drafts: [member])))
        self.refused("description.drafts.pairs.window") {
            $0.message(Number.description) { $0.message(2) { $0.message(9) { $0.varint(3, 1 << 31) } } }
        }
    }

    @Test func windowsAboveTheirRange() {
        self.refused("assign.window") { $0.message(23) { $0.varint(3, 1 << 31) } }
        self.refused("mirror.window") {
            $0.message(Number.mirror) {
                $0.sampling(); $0.bytes(4, Array("off".utf8)); $0.varint(7, 1 << 31)
            }
        }
        self.refused("open.window") {
            $0.message(Number.open) {
                $0.message(1) { $0.sampling() }; $0.bytes(3, Array("off".utf8)); $0.varint(4, 1 << 31)
            }
        }
    }

    /// A rule is read here and nowhere else: what is wrong with one is said as the command line says it.
    @Test(arguments: ["clever:3", "fixed:0", "sync:sync:fixed:4", "fixed:4\u{1}"])
    func rulesThatCannotBeRead(text: String) throws {
        let reason = #expect(throws: LookaheadRuleError.self) { try LookaheadRule(text) }!.description
        func refused(_ field: String, _ fill: (inout RawMessage) -> Void) {
            var raw = RawMessage()
            raw.varint(1, 77)
            fill(&raw)
            var call: UInt64 = 0
            #expect(throws: WireError.unreadable(field, reason: reason)) {
                try raw.bytes.withUnsafeBytes { try Envelope(decoding: $0, call: &call) }
            }
            #expect(call == 77, "so that the call can be answered")
        }
        let bytes = Array(text.utf8)
        refused("generate.request.lookahead") {
            $0.message(Number.generate) {
                $0.message(1) {
                    $0.sampling(); $0.bytes(6, bytes)
                }
            }
        }
        refused("open.lookahead") {
            $0.message(Number.open) {
                $0.message(1) { $0.sampling() }; $0.bytes(3, bytes)
            }
        }
        refused("mirror.lookahead") {
            $0.message(Number.mirror) {
                $0.sampling(); $0.bytes(4, bytes)
            }
        }
    }

    @Test func statisticsThatAreNone() {
        func refused(_ field: String, _ change: (inout Statistics) -> Void) {
            var committed = Samples.committed
            change(&committed.statistics!)
            self.refused("committed.statistics.\(field)", .committed(committed))
        }
        refused("accepted_per_position") { $0.acceptedPerPosition.append(1) }
        refused("alone_microseconds") { $0.aloneMicroseconds = .max }
        refused("block_bytes") { $0.blockBytes = .max }
        refused("verdict_bytes") { $0.verdictBytes = .max }
    }

    @Test func reportsThatAreNone() {
        func refused(_ field: String, _ change: (inout TargetReport) -> Void) {
            var report = Samples.targetReport
            change(&report)
            self.refused("pong.target.\(field)", .pong(Pong(target: report)))
            let member = Member(address: "t", reachable: true, target: report)
            self.refused("description.targets.target.\(field)", .description(Description(targets: [member])))
        }
        func refused(_ field: String, _ change: (inout DraftReport) -> Void) {
            var report = Samples.draftReport
            change(&report)
            self.refused("pong.drafts.\(field)", .pong(Pong(drafts: [Samples.draftReport, report])))
            let member = Member(address: "d", reachable: true, drafts: [report])
            self.refused("description.drafts.drafts.\(field)", .description(Description(drafts: [member])))
        }
        for bad in [-1, .nan, .infinity, -.infinity] as [Double] {
            refused("tokens_per_second") { (report: inout TargetReport) in report.tokensPerSecond = bad }
            refused("rows") { (report: inout TargetReport) in report.rows = bad }
            refused("pass_times.seconds") { (report: inout TargetReport) in report.passTime[1].seconds = bad }
            refused("draft_token_seconds") { (report: inout DraftReport) in report.draftToken = bad }
            refused("round_trip_seconds") { (report: inout DraftReport) in report.roundTrip = bad }
            refused("predicted_acceptance") { (report: inout DraftReport) in report.predictedAcceptance = bad }
            refused("measured_acceptance") { (report: inout DraftReport) in report.measuredAcceptance = bad }
            refused("price") { (report: inout DraftReport) in report.price = bad }
            refused("lookahead") { (report: inout DraftReport) in report.lookahead = bad }
        }
        refused("pass_times") { (report: inout TargetReport) in report.passTime = [] }
        refused("pass_times") { (report: inout TargetReport) in report.passTime[0].rows = 0 }
        refused("pass_times") { (report: inout TargetReport) in report.passTime[2].rows = 2 }
        refused("pass_times") { (report: inout TargetReport) in
            report.passTime = (1...65).map { .init(rows: $0, seconds: 1) }
        }
        refused("predicted_acceptance") { (report: inout DraftReport) in report.predictedAcceptance = 1.5 }
        refused("target") { (report: inout DraftReport) in report.target = String(repeating: "a", count: 4097) }
        self.refused("pong.drafts") {
            $0.message(Number.pong) { for _ in 0...1024 { $0.message(4) { _ in } } }
        }
    }

    @Test func samplingThatHasAFault() {
        for bad in [
            Sampling(temperature: .nan), Sampling(temperature: .infinity), Sampling(temperature: -1),
            Sampling(topP: .nan), Sampling(topP: 0), Sampling(minP: .nan), Sampling(minP: 2),
        ] {
            self.refused(
                "generate.request.sampling", .generate(GenerateRequest(request: Request(prompt: "", sampling: bad))))
        }
        self.refused("generate.request.sampling") { $0.message(Number.generate) { $0.message(1) { _ in } } }
        self.refused("generate.request") { $0.message(Number.generate) { _ in } }
    }

    @Test func scoresThatAreNoNumbers() {
        let scores = Scores(chosen: .nan, runnerUp: 1, runnerUpScore: 0)
        self.refused(
            "committed.pieces.scores.chosen",
            .committed(Committed(index: 0, pieces: [Piece(token: 1, text: "", origin: .plain, scores: scores)])))
    }

    @Test func likelihoodsThatAreNone() {
        func refused(_ field: String, _ change: (inout Likelihood) -> Void) {
            var likelihood = Samples.likelihood
            change(&likelihood)
            let piece = Piece(token: 1, text: "", origin: .plain, likelihood: likelihood)
            self.refused("committed.pieces.likelihood.\(field)", .committed(Committed(index: 0, pieces: [piece])))
        }
        for bad in [.nan, .infinity, -.infinity, 0.001, -10_000] as [Float] {
            refused("chosen.log_probability") { $0.chosen.logProbability = bad }
            refused("top.log_probability") { $0.top[1].logProbability = bad }
        }
        refused("chosen.bytes") { $0.chosen.bytes = Array(repeating: 1, count: (1 << 16) + 1) }
        refused("top") { $0.top = Array(repeating: $0.chosen, count: 21) }
        self.refused("committed.pieces.likelihood.chosen") {
            $0.message(Number.committed) { $0.message(2) { $0.message(5) { _ in } } }
        }
        for count in [21, 1 << 31] as [UInt64] {
            self.refused("generate.request.likelihood_top") {
                $0.message(Number.generate) {
                    $0.message(1) {
                        $0.sampling(); $0.varint(10, 1); $0.varint(11, count)
                    }
                }
            }
        }
    }

    @Test func promptsThatAreNone() {
        func refused(_ field: String, _ prompt: PromptForm) {
            self.refused(
                "generate.request.\(field)", .generate(GenerateRequest(request: Request(prompt: prompt))))
        }
        for role in ["", "a b", "user\n", "<|im_start|>", "ключ", String(repeating: "a", count: 65)] {
            refused("messages.role", .chat([ChatTurn(role: "user", content: ""), ChatTurn(role: role, content: "")]))
        }
        refused("messages", .chat(Array(repeating: ChatTurn(role: "user", content: ""), count: (1 << 14) + 1)))
        refused("prompt_tokens", .tokens(Array(repeating: 1, count: (1 << 20) + 1)))
        self.refused("generate.request.messages.content") {
            $0.message(Number.generate) {
                $0.message(1) {
                    $0.sampling()
                    $0.message(8) {
                        $0.bytes(1, [0x61]); $0.bytes(2, [0xff])
                    }
                }
            }
        }
        // Two forms at once.
        for first in [1, 8, 9] {
            for second in [1, 8, 9] where first != second {
                self.refused("generate.request.prompt") {
                    $0.message(Number.generate) {
                        $0.message(1) { request in
                            request.sampling()
                            for field in [first, second] {
                                if field == 8 {
                                    request.message(8) { $0.bytes(1, [0x61]) }
                                } else {
                                    request.bytes(field, [0x61])
                                }
                            }
                        }
                    }
                }
            }
        }
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

    private func refused(_ field: String, _ body: Envelope.Body) {
        self.refused(field, Envelope(body))
    }

    private func refused(_ field: String, _ envelope: Envelope) {
        #expect(throws: WireError.invalid(field)) { try Envelope(decoding: envelope.encoded()) }
    }

    private func refused(_ field: String, _ fill: (inout RawMessage) -> Void) {
        var raw = RawMessage()
        fill(&raw)
        #expect(throws: WireError.invalid(field)) { try Envelope(decoding: raw.bytes) }
    }
}

extension RawMessage {
    /// A sampling without fault, as the field of a request.
    fileprivate mutating func sampling() {
        self.message(3) { $0.float(3, 1) }
    }
}
