public import ForetokenWire
internal import OrderedCollections
public import Speculation

extension CoordinatorState {
    /// What is known of all members.
    ///
    /// - Parameter roundTrip: between the coordinator and a member, by its address; `nil` where it was not measured.
    public func description(roundTrip: (String) -> Seconds?) -> Description {
        func microseconds(_ member: String) -> UInt64 { UInt64(min(max(0, (roundTrip(member) ?? 0) * 1e6), 1e15)) }
        let roster = self.fleet.roster
        func unresolved(_ role: Role) -> [Member] {
            roster.names.filter { $0.value.role == role && !$0.value.hasResolved }.keys.map { name in
                Member(address: name, reachable: false, reason: Fleet.unresolved, source: .name(name))
            }
        }
        return Description(
            targets: self.fleet.targets.map { address, target in
                Member(
                    address: address, reachable: target.peer != nil, reason: target.reason, peer: target.peer,
                    load: target.load, roundTripMicroseconds: microseconds(address), target: target.report,
                    source: roster.source(of: address))
            } + unresolved(.target),
            drafts: self.fleet.drafts.map { address, draft in
                Member(
                    address: address, reachable: draft.peer != nil, reason: draft.reason, peer: draft.peer,
                    load: draft.load, roundTripMicroseconds: microseconds(address), drafts: draft.reports,
                    pairs: draft.terms, source: roster.source(of: address))
            } + unresolved(.draft),
            load: self.load)
    }
}
