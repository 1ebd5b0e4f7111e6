import CForetokenProtos
import CProtobufC
import Speculation

extension Sampling {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Sampling> {
        arena.make(foretoken__v1__sampling__init) {
            $0.temperature = self.temperature
            $0.top_k = UInt32(count: self.topK)
            $0.top_p = self.topP
            $0.min_p = self.minP
            $0.seed = self.seed
        }
    }

    /// Reads the values whether they make sense together or not; `Field.sampling` refuses what has a `fault`.
    init(_ message: Foretoken__V1__Sampling) throws(WireError) {
        self.init(
            temperature: message.temperature, topK: try Field("top_k").count(message.top_k), topP: message.top_p,
            minP: message.min_p, seed: message.seed)
    }
}

extension Field {
    func sampling(_ message: UnsafeMutablePointer<Foretoken__V1__Sampling>?) throws(WireError) -> Sampling {
        try self.check(try self.message(message, Sampling.init)) { $0.fault == nil }
    }
}

extension Request {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Request> {
        arena.make(foretoken__v1__request__init) {
            $0.prompt = arena.bytes(self.prompt)
            ($0.n_committed, $0.committed) = arena.copy(self.committed)
            $0.sampling = self.sampling.message(in: arena)
            $0.max_tokens = UInt32(count: self.maxTokens)
            ($0.n_stop, $0.stop) = arena.copy(self.stop.map { arena.bytes($0) })
            $0.lookahead = arena.string(self.lookahead)
            $0.scores = self.scores ? 1 : 0
        }
    }

    init(_ message: Foretoken__V1__Request) throws(WireError) {
        let stops = try Field("stop").array(message.stop, message.n_stop, atMost: Limits.stopStrings)
        var stop: [String] = []
        for bytes in stops {
            stop.append(
                try Field("stop").check(try Field("stop").text(bytes, atMost: Limits.stopStringBytes)) { !$0.isEmpty })
        }
        self.init(
            prompt: try Field("prompt").text(message.prompt, atMost: Envelope.maximumSize),
            committed: try Field("committed").array(
                message.committed, message.n_committed, atMost: Limits.sequenceTokens),
            sampling: try Field("sampling").sampling(message.sampling),
            maxTokens: try Field("max_tokens").count(message.max_tokens),
            stop: stop,
            lookahead: try Field("lookahead").text(message.lookahead),
            scores: message.scores != 0)
    }
}
