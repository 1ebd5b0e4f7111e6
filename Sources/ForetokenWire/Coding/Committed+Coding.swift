import CForetokenProtos
import Speculation

extension Scores {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Scores> {
        arena.make(foretoken__v1__scores__init) {
            $0.chosen = self.chosen
            $0.runner_up = self.runnerUp
            $0.runner_up_score = self.runnerUpScore
        }
    }

    /// Scores may be infinite, such as that of a runner-up that top-k has excluded, but never NaN.
    init(_ message: Foretoken__V1__Scores) throws(WireError) {
        self.init(
            chosen: try Field("chosen").check(message.chosen) { !$0.isNaN },
            runnerUp: message.runner_up,
            runnerUpScore: try Field("runner_up_score").check(message.runner_up_score) { !$0.isNaN })
    }
}

extension Likelihood {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Likelihood> {
        arena.make(foretoken__v1__likelihood__init) {
            $0.chosen = self.chosen.message(in: arena)
            ($0.n_top, $0.top) = arena.copy(self.top) { $0.message(in: arena) }
        }
    }

    init(_ message: Foretoken__V1__Likelihood) throws(WireError) {
        self.init(
            chosen: try Field("chosen").message(message.chosen, Candidate.init),
            top: try Field("top").array(message.top, message.n_top, atMost: Likelihood.mostTop, Candidate.init))
    }
}

extension Likelihood.Candidate {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Candidate> {
        arena.make(foretoken__v1__candidate__init) {
            $0.token = self.token
            $0.bytes = arena.bytes(self.bytes)
            $0.log_probability = self.logProbability
        }
    }

    init(_ message: Foretoken__V1__Candidate) throws(WireError) {
        self.init(
            token: message.token,
            bytes: try Field("bytes").bytes(message.bytes, atMost: Limits.tokenBytes),
            logProbability: try Field("log_probability").check(message.log_probability) {
                $0 >= Likelihood.least && $0 <= 0
            })
    }
}

extension Piece {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Piece> {
        arena.make(foretoken__v1__piece__init) {
            $0.token = self.token
            $0.text = arena.bytes(self.text)
            $0.origin = self.origin.message
            $0.scores = self.scores?.message(in: arena)
            $0.likelihood = self.likelihood?.message(in: arena)
        }
    }

    init(_ message: Foretoken__V1__Piece) throws(WireError) {
        self.init(
            token: message.token,
            text: try Field("text").text(message.text, atMost: Limits.pieceText),
            origin: try Origin(message.origin),
            scores: try Field("scores").optional(message.scores, Scores.init),
            likelihood: try Field("likelihood").optional(message.likelihood, Likelihood.init))
    }
}

extension Origin {
    var message: Foretoken__V1__Origin {
        switch self {
        case .plain: FORETOKEN__V1__ORIGIN__ORIGIN_PLAIN
        case .accepted: FORETOKEN__V1__ORIGIN__ORIGIN_ACCEPTED
        case .recovered: FORETOKEN__V1__ORIGIN__ORIGIN_RECOVERED
        case .bonus: FORETOKEN__V1__ORIGIN__ORIGIN_BONUS
        }
    }

    init(_ message: Foretoken__V1__Origin) throws(WireError) {
        switch message {
        case FORETOKEN__V1__ORIGIN__ORIGIN_PLAIN: self = .plain
        case FORETOKEN__V1__ORIGIN__ORIGIN_ACCEPTED: self = .accepted
        case FORETOKEN__V1__ORIGIN__ORIGIN_RECOVERED: self = .recovered
        case FORETOKEN__V1__ORIGIN__ORIGIN_BONUS: self = .bonus
        default: throw .invalid("origin")
        }
    }
}

extension FinishReason {
    var message: Foretoken__V1__FinishReason {
        switch self {
        case .stop: FORETOKEN__V1__FINISH_REASON__FINISH_STOP
        case .length: FORETOKEN__V1__FINISH_REASON__FINISH_LENGTH
        }
    }

    /// The reason; `nil` when the message says that there is none yet.
    static func reading(_ message: Foretoken__V1__FinishReason) throws(WireError) -> FinishReason? {
        switch message {
        case FORETOKEN__V1__FINISH_REASON__FINISH_NONE: nil
        case FORETOKEN__V1__FINISH_REASON__FINISH_STOP: .stop
        case FORETOKEN__V1__FINISH_REASON__FINISH_LENGTH: .length
        default: throw .invalid("finish")
        }
    }
}

extension Committed {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Committed> {
        arena.make(foretoken__v1__committed__init) {
            $0.index = UInt32(count: self.index)
            ($0.n_pieces, $0.pieces) = arena.copy(self.pieces) { $0.message(in: arena) }
            if let finish = self.finish { $0.finish = finish.message }
            $0.statistics = self.statistics?.message(in: arena)
            $0.weights_fingerprint = self.weightsFingerprint
        }
    }

    init(_ message: Foretoken__V1__Committed) throws(WireError) {
        let pieces = try Field("pieces").array(message.pieces, message.n_pieces, atMost: Limits.pieces, Piece.init)
        self.init(
            index: try Field("index").position(message.index, before: pieces),
            pieces: pieces,
            finish: try FinishReason.reading(message.finish),
            statistics: try Field("statistics").optional(message.statistics, Statistics.init),
            weightsFingerprint: message.weights_fingerprint)
    }
}
