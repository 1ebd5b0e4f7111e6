internal import DequeModule
internal import ForetokenWire
internal import OrderedCollections
internal import Speculation

@testable import Roles
@testable import Speculation

/// What always holds, whatever happens.
extension CoordinatorWorld {
    mutating func check() {
        let state = self.bed.state
        let ids = state.jobs.ids
        let waiting = Array(state.jobs.waiting)
        let placed = ids.filter { state.jobs[$0]!.place != nil }
        var faults: [String] = []
        if Set(waiting).count != waiting.count || Set(waiting).union(placed) != Set(ids)
            || !Set(waiting).isDisjoint(with: placed)
        {
            faults.append("\(waiting) wait and \(placed) are placed of \(ids)")
        }
        for (name, target) in state.fleet.targets {
            if target.jobs != Set(placed.filter { state.jobs[$0]!.place!.target == name }) {
                faults.append("\(name) has \(target.jobs)")
            }
            if target.jobs.count > Self.slots || target.peer == nil && !target.jobs.isEmpty {
                faults.append("\(name) has \(target.jobs.count) jobs")
            }
        }
        for (name, draft) in state.fleet.drafts {
            if draft.jobs != Set(placed.filter { state.jobs[$0]!.place!.draft == name }) {
                faults.append("\(name) has \(draft.jobs)")
            }
            if draft.jobs.count > Self.slots { faults.append("\(name) has \(draft.jobs.count) jobs") }
        }
        let draftless = placed.filter {
            let place = state.jobs[$0]!.place!
            return place.draft == nil && place.rule != .off && place.sequence != nil
        }
        if state.jobs.draftless.all != Set(draftless) { faults.append("\(draftless) want a draft") }
        let opens = state.calls.values.compactMap { if case .open(let job) = $0 { job } else { nil } }
        if opens.sorted() != placed { faults.append("calls for \(opens) of \(placed)") }
        let assigns = state.calls.compactMap { if case .assign = $0.value { $0.key } else { nil } }
        let places = placed.map { state.jobs[$0]!.place! }
        if Set(assigns) != Set(places.compactMap { $0.assigning == $0.call ? nil : $0.assigning }) {
            faults.append("calls \(assigns) assign drafts")
        }
        // What it takes for a sequence's draft is what the target takes for it, and none is where the target has none.
        for place in places {
            guard let sequence = self.live[place.target]?[place.call] else { continue }
            let name = place.draft.flatMap { state.fleet.drafts[$0]?.peer?.name } ?? ""
            if sequence.draft != name {
                faults.append("\"\(name)\" is not the draft of \(sequence.number), but \"\(sequence.draft)\"")
            }
        }
        if Set(state.fleet.targets.keys).union(state.fleet.drafts.keys) != self.members {
            faults.append("\(self.members) are reached for")
        }
        let names = state.fleet.targets.values.compactMap(\.peer?.name)
        if Set(names).count != names.count { faults.append("a process is used twice: \(names)") }
        // In order of arrival, those that a target had and lost or refused among them.
        if waiting != waiting.sorted() { faults.append("\(waiting) wait in a wrong order") }
        self.faults += faults
    }
}
