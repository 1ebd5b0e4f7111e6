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
            $0.lookahead = arena.string(self.lookahead)
            $0.end_position = UInt32(count: self.endPosition)
        }
    }

    init(_ message: Foretoken__V1__MirrorRequest) throws(WireError) {
        self.init(
            sequence: message.sequence,
            tokens: try Field("tokens").array(message.tokens, message.n_tokens, atMost: Limits.sequenceTokens),
            sampling: try Field("sampling").sampling(message.sampling),
            lookahead: try Field("lookahead").text(message.lookahead),
            endPosition: try Field("end_position").count(message.end_position))
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
        }
    }

    init(_ message: Foretoken__V1__Block) throws(WireError) {
        let tokens = try Field("tokens").array(message.tokens, message.n_tokens, atMost: Limits.blockTokens)
        let probabilities = try Field("probabilities").array(
            message.probabilities, message.n_probabilities, atMost: tokens.count)
        guard probabilities.isEmpty || probabilities.count == tokens.count,
            probabilities.allSatisfy({ $0 >= 0 && $0 <= 1 })
        else { throw .invalid("probabilities") }
        self.init(
            sequence: message.sequence,
            position: try Field("position").position(message.position, before: tokens),
            fingerprint: Fingerprint(message.fingerprint), tokens: tokens, probabilities: probabilities,
            sentMicroseconds: try Field("sent_microseconds").microseconds(message.sent_microseconds),
            draftingMicroseconds: message.drafting_microseconds,
            roundTripMicroseconds: message.round_trip_microseconds, rests: message.rests != 0)
    }
}
