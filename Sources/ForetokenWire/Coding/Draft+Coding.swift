import CForetokenProtos
import Speculation

extension AttachRequest {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__AttachRequest> {
        arena.make(foretoken__v1__attach_request__init) {
            $0.address = arena.string(self.address)
        }
    }

    init(_ message: Foretoken__V1__AttachRequest) throws(WireError) {
        self.init(address: try Field("address").text(message.address))
    }
}

extension MirrorRequest {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__MirrorRequest> {
        arena.make(foretoken__v1__mirror_request__init) {
            $0.sequence = self.sequence
            ($0.n_tokens, $0.tokens) = arena.copy(self.tokens)
            $0.sampling = self.sampling.message(in: arena)
            if self.ending != Ending() { $0.ending = self.ending.message(in: arena) }
            $0.lookahead = arena.string(self.lookahead)
            $0.end_position = UInt32(count: self.endPosition)
        }
    }

    init(_ message: Foretoken__V1__MirrorRequest) throws(WireError) {
        self.init(
            sequence: message.sequence,
            tokens: try Field("tokens").array(message.tokens, message.n_tokens, atMost: Limits.sequenceTokens),
            sampling: try Field("sampling").sampling(message.sampling),
            ending: try Field("ending").optional(message.ending, Ending.init) ?? Ending(),
            lookahead: try Field("lookahead").text(message.lookahead),
            endPosition: try Field("end_position").count(message.end_position))
    }
}

extension Quote {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Quote> {
        arena.make(foretoken__v1__quote__init) {
            $0.target = arena.string(self.target)
            $0.report = self.report.message(in: arena)
        }
    }

    init(_ message: Foretoken__V1__Quote) throws(WireError) {
        self.init(
            target: try Field("target").text(message.target),
            report: try Field("report").message(message.report, TargetReport.init))
    }
}

extension Release {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Release> {
        arena.make(foretoken__v1__release__init) {
            $0.sequence = self.sequence
        }
    }

    init(_ message: Foretoken__V1__Release) throws(WireError) {
        self.init(sequence: message.sequence)
    }
}

extension Block {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Block> {
        arena.make(foretoken__v1__block__init) {
            $0.sequence = self.sequence
            $0.position = UInt32(count: self.position)
            $0.fingerprint = self.fingerprint.value
            ($0.n_tokens, $0.tokens) = arena.copy(self.tokens)
            ($0.n_probabilities, $0.probabilities) = arena.copy(self.probabilities)
            $0.sent_microseconds = self.sentMicroseconds
            $0.drafting_microseconds = self.draftingMicroseconds
            $0.round_trip_microseconds = self.roundTripMicroseconds
            $0.rests = self.rests ? 1 : 0
            $0.price = self.price
            ($0.n_acceptances, $0.acceptances) = arena.copy(self.acceptances)
            $0.draft_token_microseconds = self.draftTokenMicroseconds
        }
    }

    init(_ message: Foretoken__V1__Block) throws(WireError) {
        let tokens = try Field("tokens").array(message.tokens, message.n_tokens, atMost: Limits.blockTokens)
        self.init(
            sequence: message.sequence,
            position: try Field("position").position(message.position, before: tokens),
            fingerprint: Fingerprint(message.fingerprint), tokens: tokens,
            probabilities: try Field("probabilities").probabilities(
                message.probabilities, message.n_probabilities, of: tokens),
            acceptances: try Field("acceptances").probabilities(message.acceptances, message.n_acceptances, of: tokens),
            sentMicroseconds: try Field("sent_microseconds").microseconds(message.sent_microseconds),
            draftingMicroseconds: message.drafting_microseconds,
            roundTripMicroseconds: message.round_trip_microseconds,
            price: Float(try Field("price").quantity(Double(message.price))),
            draftTokenMicroseconds: Float(
                try Field("draft_token_microseconds").duration(Double(message.draft_token_microseconds))),
            rests: message.rests != 0)
    }
}

extension Field {
    /// One for each token, or none.
    fileprivate func probabilities(
        _ elements: UnsafeMutablePointer<Float>?, _ count: Int, of tokens: [Token]
    ) throws(WireError) -> [Float] {
        try self.check(try self.array(elements, count, atMost: tokens.count)) {
            ($0.isEmpty || $0.count == tokens.count) && $0.allSatisfy { $0 >= 0 && $0 <= 1 }
        }
    }
}
