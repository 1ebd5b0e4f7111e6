import CForetokenProtos
import Speculation

extension Ping {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Ping> {
        arena.make(foretoken__v1__ping__init) {
            $0.sent_microseconds = self.sentMicroseconds
        }
    }

    init(_ message: Foretoken__V1__Ping) throws(WireError) {
        self.init(sentMicroseconds: try Field("sent_microseconds").microseconds(message.sent_microseconds))
    }
}

extension Load {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Load> {
        arena.make(foretoken__v1__load__init) {
            $0.slots = UInt32(count: self.slots)
            $0.sequences = UInt32(count: self.sequences)
            $0.waiting = UInt32(count: self.waiting)
            $0.leaving = self.isLeaving ? 1 : 0
            $0.kv_usage = self.kvUsage
        }
    }

    init(_ message: Foretoken__V1__Load) throws(WireError) {
        self.init(
            slots: try Field("slots").count(message.slots),
            sequences: try Field("sequences").count(message.sequences),
            waiting: try Field("waiting").count(message.waiting), isLeaving: message.leaving != 0,
            kvUsage: try Field("kv_usage").check(message.kv_usage) { (0...1).contains($0) })
    }
}

extension Pong {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Pong> {
        arena.make(foretoken__v1__pong__init) {
            $0.sent_microseconds = self.sentMicroseconds
            $0.load = self.load.message(in: arena)
            $0.target = self.target?.message(in: arena)
            ($0.n_drafts, $0.drafts) = arena.copy(self.drafts) { $0.message(in: arena) }
            if !self.refusals.isEmpty { $0.refusals = Self.message(self.refusals, in: arena) }
        }
    }

    init(_ message: Foretoken__V1__Pong) throws(WireError) {
        self.init(
            sentMicroseconds: try Field("sent_microseconds").microseconds(message.sent_microseconds),
            load: try Field("load").optional(message.load, Load.init) ?? Load(),
            target: try Field("target").optional(message.target, TargetReport.init),
            drafts: try Field("drafts").array(
                message.drafts, message.n_drafts, atMost: Limits.members, DraftReport.init),
            refusals: try Field("refusals").optional(message.refusals, Self.refusals) ?? [:])
    }

    private static func message(
        _ refusals: [RefusalReason: Int], in arena: Arena
    ) -> UnsafeMutablePointer<Foretoken__V1__Refusals> {
        arena.make(foretoken__v1__refusals__init) {
            for (reason, count) in refusals { $0[keyPath: reason.field] = UInt64(max(0, count)) }
        }
    }

    private static func refusals(_ message: Foretoken__V1__Refusals) throws(WireError) -> [RefusalReason: Int] {
        var refusals: [RefusalReason: Int] = [:]
        for reason in RefusalReason.allCases {
            let count = try Field(reason.rawValue).check(message[keyPath: reason.field]) { $0 <= Limits.refusals }
            if count > 0 { refusals[reason] = Int(count) }
        }
        return refusals
    }
}

extension RefusalReason {
    fileprivate var field: WritableKeyPath<Foretoken__V1__Refusals, UInt64> {
        switch self {
        case .key: \.key
        case .handshake: \.handshake
        case .hello: \.hello
        case .message: \.message
        case .revoked: \.revoked
        case .sequence: \.sequence
        }
    }
}
