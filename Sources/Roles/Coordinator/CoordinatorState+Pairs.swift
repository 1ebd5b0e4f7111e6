internal import ForetokenWire
internal import OrderedCollections
internal import Speculation

/// Which drafts have greeted which targets.
extension CoordinatorState {
    mutating func detach(_ draft: String, from target: String, until instant: Seconds?) {
        if let call = self.fleet.drafts[draft]?.detach(target, until: instant) { self.calls[call] = nil }
    }

    /// Asks every draft to greet every target, often while that target has not welcomed it, and now and then after: the
    /// draft may have dropped it meanwhile.
    mutating func attachDrafts(now: Seconds) {
        for (draft, state) in self.fleet.drafts where state.peer != nil && now >= state.nextAskAt {
            for (target, targetState) in self.fleet.targets where targetState.peer != nil && now >= state[target].askAt
            {
                self.ask(draft, toGreet: target, now: now)
            }
            let asked = self.fleet.drafts[draft]!
            let due = self.fleet.targets.lazy.filter { $0.value.peer != nil }.map { asked[$0.key].askAt }
            self.fleet.drafts[draft]!.nextAskAt = due.min() ?? .infinity
        }
    }

    private mutating func ask(_ draft: String, toGreet target: String, now: Seconds) {
        // Asking twice does no harm, and an answer may have been lost; but a draft that keeps in touch with the target
        // answers at once.
        if self.fleet.drafts[draft]![target].call != nil { self.detach(draft, from: target, until: nil) }
        let call = self.newCall(.attach(draft: draft, target: target))
        self.fleet.drafts[draft]!.ask(target, call: call, heartbeat: self.heartbeat, now: now)
        let attach = AttachRequest(
            address: self.fleet.reachedAt(target), key: self.fleet.targets[target]?.key ?? "")
        self.actions.append(.toMember(draft, call: call, .attach(attach)))
    }

    /// A draft has greeted a target.
    mutating func acknowledged(call: UInt64, from member: String, now: Seconds) {
        guard case .attach(let draft, let target) = self.calls[call], draft == member else { return }
        self.calls[call] = nil
        self.fleet.drafts[draft]?.attach(target, now: now)
        self.assignDrafts(now: now)
    }
}
