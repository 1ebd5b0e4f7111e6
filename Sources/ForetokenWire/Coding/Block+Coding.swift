import CForetokenProtos
import Speculation

extension Block {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Block> {
        arena.make(foretoken__v1__block__init) {
            $0.sequence = self.sequence
            $0.position = UInt32(count: self.position)
            $0.fingerprint = self.fingerprint.value
            ($0.n_tokens, $0.tokens) = arena.copy(self.tokens)
            $0.sent_microseconds = self.sentMicroseconds
            $0.drafting_microseconds = self.draftingMicroseconds
            $0.round_trip_microseconds = self.roundTripMicroseconds ?? 0
            $0.price = self.price ?? 0
            ($0.n_acceptances, $0.acceptances) = arena.copy(self.acceptances)
            $0.draft_token_microseconds = self.draftTokenMicroseconds ?? 0
        }
    }

    init(_ message: Foretoken__V1__Block) throws(WireError) {
        let tokens = try Field("tokens").check(
            try Field("tokens").array(message.tokens, message.n_tokens, atMost: Limits.blockTokens)
        ) { !$0.isEmpty }
        self.init(
            sequence: message.sequence,
            position: try Field("position").position(message.position, before: tokens),
            fingerprint: Fingerprint(message.fingerprint), tokens: tokens,
            acceptances: try Field("acceptances").probabilities(message.acceptances, message.n_acceptances, of: tokens),
            sentMicroseconds: try Field("sent_microseconds").microseconds(message.sent_microseconds),
            draftingMicroseconds: message.drafting_microseconds,
            roundTripMicroseconds: message.round_trip_microseconds.known,
            price: try Field("price").price(message.price),
            draftTokenMicroseconds: try Field("draft_token_microseconds").time(message.draft_token_microseconds))
    }
}

extension Question {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Question> {
        arena.make(foretoken__v1__question__init) {
            $0.sequence = self.sequence
            $0.position = UInt32(count: self.position)
            $0.fingerprint = self.fingerprint.value
            $0.sent_microseconds = self.sentMicroseconds
        }
    }

    init(_ message: Foretoken__V1__Question) throws(WireError) {
        self.init(
            sequence: message.sequence, position: try Field("position").count(message.position),
            fingerprint: Fingerprint(message.fingerprint),
            sentMicroseconds: try Field("sent_microseconds").microseconds(message.sent_microseconds))
    }
}

extension Abstention {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Abstention> {
        arena.make(foretoken__v1__abstention__init) {
            $0.sequence = self.sequence
            $0.position = UInt32(count: self.position)
            $0.fingerprint = self.fingerprint.value
            $0.sent_microseconds = self.sentMicroseconds
            $0.round_trip_microseconds = self.roundTripMicroseconds ?? 0
            $0.price = self.price ?? 0
            $0.draft_token_microseconds = self.draftTokenMicroseconds ?? 0
        }
    }

    init(_ message: Foretoken__V1__Abstention) throws(WireError) {
        self.init(
            sequence: message.sequence, position: try Field("position").count(message.position),
            fingerprint: Fingerprint(message.fingerprint),
            sentMicroseconds: try Field("sent_microseconds").microseconds(message.sent_microseconds),
            roundTripMicroseconds: message.round_trip_microseconds.known,
            price: try Field("price").price(message.price),
            draftTokenMicroseconds: try Field("draft_token_microseconds").time(message.draft_token_microseconds))
    }
}

extension Numeric {
    /// On the wire 0 stands for what is not known.
    var known: Self? { self == 0 ? nil : self }
}

extension Field {
    fileprivate func price(_ value: Float) throws(WireError) -> Float? {
        Float(try self.quantity(Double(value))).known
    }

    fileprivate func time(_ microseconds: Float) throws(WireError) -> Float? {
        Float(try self.duration(Double(microseconds))).known
    }

    /// One for each token, or none.
    fileprivate func probabilities(
        _ elements: UnsafeMutablePointer<Float>?, _ count: Int, of tokens: [Token]
    ) throws(WireError) -> [Float] {
        try self.check(try self.array(elements, count, atMost: tokens.count)) {
            ($0.isEmpty || $0.count == tokens.count) && $0.allSatisfy { $0 >= 0 && $0 <= 1 }
        }
    }
}
