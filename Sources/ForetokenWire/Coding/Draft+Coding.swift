import CForetokenProtos
import Speculation

extension AttachRequest {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__AttachRequest> {
        arena.make(foretoken__v1__attach_request__init) {
            $0.address = arena.string(self.address)
            $0.key = arena.string(self.key)
        }
    }

    init(_ message: Foretoken__V1__AttachRequest) throws(WireError) {
        self.init(
            address: try Field("address").text(message.address), key: try Field("key").text(message.key, atMost: 40))
    }
}

extension MirrorRequest {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__MirrorRequest> {
        arena.make(foretoken__v1__mirror_request__init) {
            $0.sequence = self.sequence
            ($0.n_tokens, $0.tokens) = arena.copy(self.tokens)
            $0.sampling = self.sampling.message(in: arena)
            if self.ending != Ending() { $0.ending = self.ending.message(in: arena) }
            $0.lookahead = arena.string(self.lookahead.description)
            $0.end_position = UInt32(count: self.endPosition)
            $0.window = UInt32(count: self.window ?? 0)
            $0.takes_turns = self.takesTurns ? 1 : 0
            if let trace = self.trace { $0.traceparent = arena.string(trace.text) }
        }
    }

    init(_ message: Foretoken__V1__MirrorRequest) throws(WireError) {
        self.init(
            sequence: message.sequence,
            tokens: try Field("tokens").array(message.tokens, message.n_tokens, atMost: Limits.sequenceTokens),
            sampling: try Field("sampling").sampling(message.sampling),
            ending: try Field("ending").optional(message.ending, Ending.init) ?? Ending(),
            lookahead: try Field("lookahead").rule(message.lookahead),
            endPosition: try Field("end_position").count(message.end_position),
            window: try Field("window").bound(message.window), takesTurns: message.takes_turns != 0,
            trace: Field("traceparent").optionalText(message.traceparent).flatMap { TraceParent($0) })
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
