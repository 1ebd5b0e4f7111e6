public import ForetokenWire
internal import OrderedCollections
public import Speculation

extension CoordinatorState {
    /// What is known of all members.
    ///
    /// - Parameter roundTrip: between the coordinator and a member, by its address; `nil` where it was not measured.
    public func description(roundTrip: (String) -> Seconds?) -> Description {
        func microseconds(_ member: String) -> UInt64 { UInt64(min(max(0, (roundTrip(member) ?? 0) * 1e6), 1e15)) }
        return Description(
            targets: self.fleet.targets.map { address, target in
                Member(
                    address: address, reachable: target.peer != nil, reason: target.reason, peer: target.peer,
                    load: target.load, roundTripMicroseconds: microseconds(address), target: target.report)
            },
            drafts: self.fleet.drafts.map { address, draft in
                Member(
                    address: address, reachable: draft.peer != nil, reason: draft.reason, peer: draft.peer,
                    load: draft.load, roundTripMicroseconds: microseconds(address), drafts: draft.reports,
                    pairs: self.fleet.terms(of: address))
            },
            load: self.load)
    }
}
