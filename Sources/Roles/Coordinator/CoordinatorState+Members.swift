public import ForetokenWire
internal import OrderedCollections
public import Speculation

extension CoordinatorState {
    /// A target or a draft says something.
    public mutating func receive(_ body: Envelope.Body, call: UInt64, from member: String, now: Seconds) {
        switch body {
        case .pong(let pong):
            self.heard(pong, from: member, now: now)
        case .opened(let opened):
            self.opened(opened, call: call, from: member, now: now)
        case .committed(let committed):
            guard let id = self.job(call: call, at: member) else {
                // Nobody's any more: the target was thought lost.
                return self.actions.append(.toMember(member, call: call, .cancel))
            }
            self.jobs[id]!.place!.hasWritten = true
            self.relay(committed, of: id, now: now)
        case .assign(let news):
            self.hasNoDraft(news, call: call, from: member, now: now)
        case .acknowledged:
            if let id = self.job(assigning: call, at: member) {
                if self.jobs[id]!.place!.takeOver() {
                    self.jobs[id]!.draftFailovers += 1
                    self.actions.append(.count(.failedOver(.draft)))
                }
            } else {
                self.acknowledged(call: call, from: member, now: now)
            }
        case .status(let status):
            self.receive(status, call: call, from: member, now: now)
        default:
            break
        }
    }

    /// The job that a target answers about on the call that opened its sequence.
    private func job(call: UInt64, at member: String) -> UInt64? {
        guard case .open(let id) = self.calls[call], self.jobs[id]?.place?.target == member else { return nil }
        return id
    }

    /// The job that a target answers about on the call that gave its sequence the draft that it has.
    private func job(assigning call: UInt64, at member: String) -> UInt64? {
        switch self.calls[call] {
        case .open(let id), .assign(let id):
            guard let place = self.jobs[id]?.place, place.target == member, place.assigning == call else { return nil }
            return id
        case .attach, nil:
            return nil
        }
    }

    /// A member answers a heartbeat: how full it is, and what it measured.
    public mutating func heard(_ pong: Pong, from member: String, now: Seconds) {
        if !pong.refusals.isEmpty, let peer = self.fleet.peer(at: member) {
            for (reason, times) in self.refusals.take(pong.refusals, of: peer.name, key: self.fleet.key(of: member)) {
                self.actions.append(.count(.refused(peer.role, reason, times: times)))
            }
        }
        if self.fleet.targets[member] != nil {
            let opened = self.opened(of: self.fleet.targets[member]!.jobs)
            for draft in self.fleet.take(pong, ofTarget: member, opened: opened) {
                self.noteWhetherItPays(draft, at: member)
            }
            if pong.load.isLeaving {
                self.takeBack(now: now)
                self.handOver(member, now: now)
            }
            self.place(now: now)
        } else if let draft = self.fleet.drafts[member] {
            for target in self.fleet.take(pong, ofDraft: member, own: self.opened(of: draft.jobs)) {
                self.noteWhetherItPays(member, at: target)
            }
        }
        self.assignDrafts(now: now)
    }

    /// Tells whoever wonders why a text has no draft.
    private mutating func noteWhetherItPays(_ draft: String, at target: String) {
        guard let pair = self.fleet.drafts[draft]?[target], let terms = pair.terms, let report = pair.report else {
            return
        }
        self.actions.append(
            .log(
                terms.pays
                    ? .draftPays(draft: draft, target: target)
                    : .draftDoesNotPay(
                        draft: draft, target: target, gain: terms.gain, surplus: report.surplus,
                        lookahead: report.lookahead)))
    }

    /// Sequences that are open at their targets, as far as that is known.
    private func opened(of jobs: Set<UInt64>) -> Int { jobs.count { self.jobs[$0]?.place?.isOpen == true } }

    private mutating func opened(_ opened: Opened, call: UInt64, from member: String, now: Seconds) {
        guard let id = self.job(call: call, at: member) else {
            // It was cancelled meanwhile; the target may count it until it hears of that.
            self.fleet.targets[member]?.others.ended += 1
            return
        }
        guard let place = self.jobs[id]?.place, place.sequence == nil else { return }
        self.jobs[id]!.place!.sequence = opened.sequence
        self.actions.append(.count(.opened(promptTokens: opened.promptTokens)))
        if self.jobs[id]!.isReopened {
            self.actions.append(.count(.failedOver(.target)))
            self.jobs[id]!.resume()
        }
        if self.jobs[id]!.strays(to: self.fleet.targets[member]?.rounding) {
            self.actions.append(.count(.strayed))
            self.actions.append(.log(.strayed(target: member, self.jobs[id]!.request.names)))
        }
        if place.draft == nil, place.rule != .off { self.jobs.draftless.append(id, at: member) }
        self.assignDrafts(now: now)
    }

    private mutating func hasNoDraft(_ news: AssignRequest, call: UInt64, from member: String, now: Seconds) {
        guard let id = self.job(assigning: call, at: member), let place = self.jobs[id]?.place,
            let draft = place.draft
        else { return }
        self.loseDraft(of: id, isDeclined: news.declined, now: now)
        // Not this one again at once: the target does not know it, or it had no slot.
        let open = self.fleet.drafts[draft]?.decline(member, heartbeat: self.heartbeat, now: now)
        if let open { self.calls[open] = nil }
        self.assignDrafts(now: now)
    }

    private mutating func receive(_ status: Status, call: UInt64, from member: String, now: Seconds) {
        switch self.calls[call] {
        case .attach(let draft, let target) where draft == member:
            self.detach(draft, from: target, until: nil)
            self.fleet.drafts[draft]?.reason = status.message
            self.actions.append(.log(.draftCannotWork(draft: draft, target: target, reason: status.message)))
        case .assign:
            // It does not know the sequence, and told of no end: that was lost on the way.
            if let id = self.job(assigning: call, at: member) { self.resume(id, now: now) }
        case .open:
            if let id = self.job(call: call, at: member) { self.refused(id, status, by: member, now: now) }
        case .attach, nil:
            break
        }
    }

    private mutating func refused(_ id: UInt64, _ status: Status, by member: String, now: Seconds) {
        guard let job = self.jobs[id] else { return }
        if status.code == .resourceExhausted || status.code == .unavailable {
            // Another coordinator was faster, or the target is leaving: wait for a slot again.
            self.holdBack(member, now: now)
            self.requeue(id, now: now)
            return self.place(now: now)
        }
        self.refuse(status, to: job.client, job.call)
        self.remove(id, .failed(status.code), now: now)
    }

    /// Asks a target nothing until it tells of a free slot, or a heartbeat has passed.
    private mutating func holdBack(_ target: String, now: Seconds) {
        self.fleet.targets[target]?.heldUntil = now + self.heartbeat
    }

    /// A message to a target or a draft did not leave.
    public mutating func undelivered(_ problem: Undelivered, to member: String, call: UInt64, now: Seconds) {
        if case .assign = self.calls[call], let id = self.job(assigning: call, at: member) {
            self.fleet.targets[member]?.assignAt = now + self.heartbeat
            return self.loseDraft(of: id, isDeclined: true, now: now)
        }
        guard let id = self.job(call: call, at: member), self.jobs[id]?.place?.isOpen == false else { return }
        switch problem {
        case .unreachable:
            self.holdBack(member, now: now)
            self.requeue(id, now: now)
            self.place(now: now)
        case .full:
            // The next request waits, instead of meeting the same full target at once.
            self.holdBack(member, now: now)
            let status = Status(
                .resourceExhausted,
                "no message to a target has room for the request now; shorten the prompt or try again later")
            self.end(id, status, now: now)
        }
    }

    // MARK: Coming and going

    /// A target or a draft has answered the first time, or again.
    ///
    /// - Parameter key: its public key; empty where the links have none.
    public mutating func reached(_ member: String, _ peer: Peer, key: String = "", now: Seconds) {
        guard self.fleet.role(of: member) != nil else { return }
        let keyed = Fleet.Keyed(peer: peer, key: key)
        if let reason = self.fleet.objection(to: keyed, at: member, now: now) {
            self.lose(member, reason: reason, now: now)
            return self.fleet.setAside(member, keyed)
        }
        self.actions.append(.log(.reached(member: member, peer)))
        self.fleet.reach(member, peer, key: key)
        if self.fleet.roundsAlone(member) { self.actions.append(.log(.roundsAlone(target: member))) }
        self.attachDrafts(now: now)
        self.place(now: now)
    }

    /// A target or a draft is gone.
    ///
    /// - Parameters:
    ///   - isSilent: whether it says nothing any more, though its connection has not ended.
    ///   - isOurs: whether it rather was this side that was cut off or asleep: no text is to blame.
    public mutating func lost(
        _ member: String, reason: String, isSilent: Bool = false, isOurs: Bool = false, now: Seconds
    ) {
        self.lose(member, reason: reason, isSilent: isSilent, isOurs: isOurs, now: now)
        self.apply(self.fleet.roster.lost(member), now: now)
        self.takeBack(now: now)
    }

    /// Uses members that were set aside, where nothing speaks against them any more.
    mutating func takeBack(now: Seconds) {
        while let (member, keyed) = self.fleet.takeBack(now: now) {
            self.reached(member, keyed.peer, key: keyed.key, now: now)
        }
    }

    /// Does without a member: its texts go on at other targets, or with other drafts.
    mutating func lose(
        _ member: String, reason: String, isSilent: Bool = false, isOurs: Bool = false, now: Seconds
    ) {
        self.fleet.setAside(member, nil)
        guard self.fleet.role(of: member) != nil else { return }
        self.actions.append(.log(.lost(member: member, reason: reason)))
        self.disuse(member, reason: reason, now: now) { state, id, process in
            if isOurs { return state.requeue(id, now: now) }
            state.rescue(id, from: process, isSilent: isSilent, now: now)
        }
    }

    /// - Parameter leave: what becomes of a text whose target is done without.
    mutating func disuse(
        _ member: String, reason: String, now: Seconds,
        leave: (inout CoordinatorState, _ id: UInt64, _ process: String) -> Void
    ) {
        if let target = self.fleet.targets[member] {
            self.fleet.targets[member]!.lose(reason, now: now)
            for draft in self.fleet.drafts.keys { self.detach(draft, from: member, until: now) }
            let process = target.peer?.name ?? member
            for id in target.jobs.sorted() { leave(&self, id, process) }
            self.place(now: now)
        } else if let draft = self.fleet.drafts[member] {
            for call in draft.openCalls { self.calls[call] = nil }
            self.fleet.drafts[member]!.lose(reason, now: now)
            for id in draft.jobs.sorted() { self.loseDraft(of: id, isDeclined: false, now: now) }
        }
        self.assignDrafts(now: now)
    }
}
