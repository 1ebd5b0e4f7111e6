import CForetokenProtos
import Speculation

extension PassTime.Point {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__PassTime> {
        arena.make(foretoken__v1__pass_time__init) {
            $0.rows = UInt32(count: self.rows)
            $0.seconds = self.seconds
        }
    }

    init(_ message: Foretoken__V1__PassTime) throws(WireError) {
        self.init(
            rows: try Field("rows").count(message.rows), seconds: try Field("seconds").quantity(message.seconds))
    }
}

extension TargetReport {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__TargetReport> {
        arena.make(foretoken__v1__target_report__init) {
            $0.tokens_per_second = self.tokensPerSecond
            $0.decode_tokens_per_second = self.decodeTokensPerSecond
            $0.rows = self.rows
            $0.sequences = UInt32(count: self.sequences)
            ($0.n_pass_times, $0.pass_times) = arena.copy(self.passTime) { $0.message(in: arena) }
        }
    }

    init(_ message: Foretoken__V1__TargetReport) throws(WireError) {
        let points = try Field("pass_times").array(
            message.pass_times, message.n_pass_times, atMost: Limits.passTimes, PassTime.Point.init)
        self.init(
            tokensPerSecond: try Field("tokens_per_second").quantity(message.tokens_per_second),
            decodeTokensPerSecond: try Field("decode_tokens_per_second").quantity(message.decode_tokens_per_second),
            rows: try Field("rows").check(message.rows) { (0...Double(Limits.count)).contains($0) },
            sequences: try Field("sequences").count(message.sequences),
            passTime: try Field("pass_times").check(points) {
                $0.first.map { $0.rows > 0 } ?? false && zip($0, $0.dropFirst()).allSatisfy { $0.rows < $1.rows }
            })
    }
}

extension DraftReport {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__DraftReport> {
        arena.make(foretoken__v1__draft_report__init) {
            $0.target = arena.string(self.target)
            $0.draft_token_seconds = self.draftToken
            $0.round_trip_seconds = self.roundTrip ?? 0
            $0.predicted_acceptance = self.predictedAcceptance
            $0.measured_acceptance = self.measuredAcceptance
            $0.price = self.price
            $0.lookahead = self.lookahead
            $0.passes = UInt32(count: self.passes)
            $0.surplus = self.surplus ?? 0
        }
    }

    init(_ message: Foretoken__V1__DraftReport) throws(WireError) {
        self.init(
            target: try Field("target").text(message.target),
            draftToken: try Field("draft_token_seconds").quantity(message.draft_token_seconds),
            roundTrip: try Field("round_trip_seconds").quantity(message.round_trip_seconds).known,
            predictedAcceptance: try Field("predicted_acceptance").check(message.predicted_acceptance) {
                (0...1).contains($0)
            },
            measuredAcceptance: try Field("measured_acceptance").check(message.measured_acceptance) {
                (0...1).contains($0)
            },
            price: try Field("price").quantity(message.price),
            lookahead: try Field("lookahead").quantity(message.lookahead),
            passes: try Field("passes").count(message.passes),
            surplus: try Field("surplus").check(message.surplus) { $0.isFinite }.known)
    }
}

extension PairTerms {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Pair> {
        arena.make(foretoken__v1__pair__init) {
            $0.target = arena.string(self.target)
            $0.gain = self.gain
            $0.window = UInt32(count: self.window ?? 0)
            $0.pays = self.pays ? 1 : 0
            $0.takes_turns = self.takesTurns ? 1 : 0
        }
    }

    init(_ message: Foretoken__V1__Pair) throws(WireError) {
        self.init(
            target: try Field("target").text(message.target),
            gain: try Field("gain").check(message.gain) { $0 >= -1 && $0.isFinite },
            window: try Field("window").bound(message.window),
            pays: message.pays != 0, takesTurns: message.takes_turns != 0)
    }
}
