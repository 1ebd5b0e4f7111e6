import CForetokenProtos
import Speculation

extension OpenRequest {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__OpenRequest> {
        arena.make(foretoken__v1__open_request__init) {
            $0.request = self.request.message(in: arena)
            $0.draft = arena.string(self.draft)
            $0.lookahead = arena.string(self.lookahead.description)
            $0.window = UInt32(count: self.window ?? 0)
            $0.takes_turns = self.takesTurns ? 1 : 0
        }
    }

    init(_ message: Foretoken__V1__OpenRequest) throws(WireError) {
        self.init(
            request: try Field("request").message(message.request, Request.init),
            draft: try Field("draft").text(message.draft),
            lookahead: try Field("lookahead").rule(message.lookahead),
            window: try Field("window").bound(message.window), takesTurns: message.takes_turns != 0)
    }
}

extension Opened {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Opened> {
        arena.make(foretoken__v1__opened__init) {
            $0.sequence = self.sequence
            $0.prompt_tokens = UInt32(count: self.promptTokens)
        }
    }

    init(_ message: Foretoken__V1__Opened) throws(WireError) {
        self.init(sequence: message.sequence, promptTokens: try Field("prompt_tokens").count(message.prompt_tokens))
    }
}

extension AssignRequest {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__AssignRequest> {
        arena.make(foretoken__v1__assign_request__init) {
            $0.sequence = self.sequence
            $0.draft = arena.string(self.draft)
            $0.window = UInt32(count: self.window ?? 0)
            $0.takes_turns = self.takesTurns ? 1 : 0
            $0.declined = self.declined ? 1 : 0
        }
    }

    init(_ message: Foretoken__V1__AssignRequest) throws(WireError) {
        self.init(
            sequence: message.sequence, draft: try Field("draft").text(message.draft),
            window: try Field("window").bound(message.window), takesTurns: message.takes_turns != 0,
            declined: message.declined != 0)
    }
}

extension Verdict {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Verdict> {
        arena.make(foretoken__v1__verdict__init) {
            $0.sequence = self.sequence
            $0.position = UInt32(count: self.position)
            ($0.n_tokens, $0.tokens) = arena.copy(self.tokens)
            $0.fingerprint = self.fingerprint.value
            $0.accepted = UInt32(count: self.accepted)
            $0.verified = UInt32(count: self.verified)
            $0.sent_microseconds = self.sentMicroseconds
            $0.waited_microseconds = self.waitedMicroseconds
            $0.pass_microseconds = self.passMicroseconds
            $0.rows = UInt32(count: self.rows)
        }
    }

    /// A verdict may hold as many tokens as a sequence: it also answers a draft that has missed many.
    init(_ message: Foretoken__V1__Verdict) throws(WireError) {
        let tokens = try Field("tokens").array(message.tokens, message.n_tokens, atMost: Limits.sequenceTokens)
        let verified = try Field("verified").count(message.verified)
        self.init(
            sequence: message.sequence,
            position: try Field("position").position(message.position, before: tokens),
            tokens: tokens, fingerprint: Fingerprint(message.fingerprint),
            accepted: try Field("accepted").check(try Field("accepted").count(message.accepted)) { $0 <= verified },
            verified: verified,
            sentMicroseconds: try Field("sent_microseconds").microseconds(message.sent_microseconds),
            waitedMicroseconds: message.waited_microseconds, passMicroseconds: message.pass_microseconds,
            rows: try Field("rows").count(message.rows))
    }
}
