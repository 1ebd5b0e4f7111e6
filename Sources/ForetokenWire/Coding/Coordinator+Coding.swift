import CForetokenProtos
import Speculation

extension GenerateRequest {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__GenerateRequest> {
        arena.make(foretoken__v1__generate_request__init) {
            $0.request = self.request.message(in: arena)
        }
    }

    init(_ message: Foretoken__V1__GenerateRequest) throws(WireError) {
        self.init(request: try Field("request").message(message.request, Request.init))
    }
}

extension Member {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Member> {
        arena.make(foretoken__v1__member__init) {
            $0.address = arena.string(self.address)
            $0.reachable = self.reachable ? 1 : 0
            $0.reason = arena.string(self.reason.clipped(to: Limits.name))
            $0.peer = self.peer?.message(in: arena)
            $0.load = self.load.message(in: arena)
            $0.round_trip_microseconds = self.roundTripMicroseconds
            $0.target = self.target?.message(in: arena)
            ($0.n_drafts, $0.drafts) = arena.copy(self.drafts) { $0.message(in: arena) }
            ($0.n_pairs, $0.pairs) = arena.copy(self.pairs) { $0.message(in: arena) }
            switch self.source {
            case .listed: $0.source = FORETOKEN__V1__SOURCE__SOURCE_LISTED
            case .registered: $0.source = FORETOKEN__V1__SOURCE__SOURCE_REGISTERED
            case .name(let name):
                $0.source = FORETOKEN__V1__SOURCE__SOURCE_NAME
                $0.name = arena.string(name)
            }
        }
    }

    init(_ message: Foretoken__V1__Member) throws(WireError) {
        self.init(
            address: try Field("address").text(message.address),
            reachable: message.reachable != 0,
            reason: try Field("reason").text(message.reason),
            peer: try Field("peer").optional(message.peer, Peer.init),
            load: try Field("load").optional(message.load, Load.init) ?? Load(),
            roundTripMicroseconds: try Field("round_trip_microseconds").microseconds(message.round_trip_microseconds),
            target: try Field("target").optional(message.target, TargetReport.init),
            drafts: try Field("drafts").array(
                message.drafts, message.n_drafts, atMost: Limits.members, DraftReport.init),
            pairs: try Field("pairs").array(message.pairs, message.n_pairs, atMost: Limits.members, PairTerms.init),
            source: try Source(message))
    }
}

extension Member.Source {
    init(_ message: Foretoken__V1__Member) throws(WireError) {
        switch message.source {
        case FORETOKEN__V1__SOURCE__SOURCE_LISTED: self = .listed
        case FORETOKEN__V1__SOURCE__SOURCE_REGISTERED: self = .registered
        case FORETOKEN__V1__SOURCE__SOURCE_NAME: self = .name(try Field("name").text(message.name))
        default: throw .invalid("source")
        }
    }
}

extension Description {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Description> {
        arena.make(foretoken__v1__description__init) {
            ($0.n_targets, $0.targets) = arena.copy(self.targets) { $0.message(in: arena) }
            ($0.n_drafts, $0.drafts) = arena.copy(self.drafts) { $0.message(in: arena) }
            $0.load = self.load.message(in: arena)
        }
    }

    init(_ message: Foretoken__V1__Description) throws(WireError) {
        self.init(
            targets: try Field("targets").array(
                message.targets, message.n_targets, atMost: Limits.members, Member.init),
            drafts: try Field("drafts").array(message.drafts, message.n_drafts, atMost: Limits.members, Member.init),
            load: try Field("load").optional(message.load, Load.init) ?? Load())
    }
}
