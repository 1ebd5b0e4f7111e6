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
            self.relay(committed, of: id, now: now)
        case .assign(let news):
            self.hasNoDraft(news, call: call, from: member, now: now)
        case .acknowledged:
            self.acknowledged(call: call, from: member, now: now)
        case .status(let status):
            self.receive(status, call: call, from: member, now: now)
        default:
            break
        }
    }

    /// The job that a target answers about on a call.
    private func job(call: UInt64, at member: String) -> UInt64? {
        guard case .open(let id) = self.calls[call], self.jobs[id]?.place?.target == member else { return nil }
        return id
    }

    /// A member answers a heartbeat: how full it is, and what it measured.
    public mutating func heard(_ pong: Pong, from member: String, now: Seconds) {
        if self.fleet.targets[member] != nil {
            let opened = self.fleet.targets[member]!.jobs.count { self.jobs[$0]?.place?.sequence != nil }
            self.fleet.targets[member]!.take(pong, opened: opened)
            if pong.load.isLeaving { self.handOver(member, now: now) }
            self.place(now: now)
        } else {
            self.fleet.take(pong, ofDraft: member)
        }
    }

    private mutating func opened(_ opened: Opened, call: UInt64, from member: String, now: Seconds) {
        guard let id = self.job(call: call, at: member), let place = self.jobs[id]?.place, place.sequence == nil else {
            return
        }
        self.jobs[id]!.place!.sequence = opened.sequence
        self.actions.append(.count(.opened(promptTokens: opened.promptTokens)))
        if self.jobs[id]!.isReopened {
            self.actions.append(.count(.failedOver(.target)))
            self.jobs[id]!.resume()
        }
        if place.draft == nil, place.rule != .off { self.jobs.draftless.append(id) }
        self.assignDrafts(now: now)
    }

    private mutating func hasNoDraft(_ news: AssignRequest, call: UInt64, from member: String, now: Seconds) {
        guard let id = self.job(call: call, at: member), let place = self.jobs[id]?.place,
            place.sequence == news.sequence, let draft = place.draft
        else { return }
        self.loseDraft(of: id, now: now)
        // Not this one again at once: the target does not know it, or it had no slot.
        self.detach(draft, from: member, until: now + self.heartbeat)
        self.assignDrafts(now: now)
    }

    private mutating func receive(_ status: Status, call: UInt64, from member: String, now: Seconds) {
        if case .attach(let draft, let target) = self.calls[call], draft == member {
            self.calls[call] = nil
            self.fleet.drafts[draft]?.reason = status.message
            self.fleet.drafts[draft]?.endCall(target)
            self.actions.append(.log(.draftCannotWork(draft: draft, target: target, reason: status.message)))
            return
        }
        guard let id = self.job(call: call, at: member), let job = self.jobs[id] else { return }
        if status.code == .resourceExhausted || status.code == .unavailable {
            // Another coordinator was faster, or the target is leaving: wait for a slot again.
            self.holdBack(member, now: now)
            self.requeue(id, now: now)
            return self.place(now: now)
        }
        self.refuse(status, to: job.client, job.call)
        self.remove(id, now: now)
    }

    /// Asks a target nothing until it tells of a free slot, or a heartbeat has passed.
    private mutating func holdBack(_ target: String, now: Seconds) {
        self.fleet.targets[target]?.heldUntil = now + self.heartbeat
    }

    /// A message to a target or a draft did not leave.
    public mutating func undelivered(_ problem: Undelivered, to member: String, call: UInt64, now: Seconds) {
        guard let id = self.job(call: call, at: member), self.jobs[id]?.place?.sequence == nil else { return }
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
        let role: Role = self.fleet.targets[member] != nil ? .target : .draft
        guard peer.role == role else {
            let reason = "a \(peer.role.rawValue) answers there, not a \(role.rawValue)"
            return self.lost(member, reason: reason, now: now)
        }
        guard role == .draft || self.fleet.canReplaceTargets(peer) else {
            let model = peer.model.map { ", \($0.name) of \($0.parameters) parameters," } ?? ""
            return self.lost(
                member,
                reason: "its model\(model) is not that of the other targets, which it may have to replace; a "
                    + "coordinator serves one model", now: now)
        }
        self.actions.append(.log(.reached(member: member, peer)))
        self.fleet.reach(member, peer, key: key)
        self.attachDrafts(now: now)
        self.place(now: now)
    }

    /// A target or a draft is gone.
    ///
    /// - Parameter isSilent: whether it says nothing any more, though its connection has not ended.
    public mutating func lost(_ member: String, reason: String, isSilent: Bool = false, now: Seconds) {
        self.actions.append(.log(.lost(member: member, reason: reason)))
        if let target = self.fleet.targets[member] {
            self.fleet.targets[member]!.lose(reason)
            for draft in self.fleet.drafts.keys { self.detach(draft, from: member, until: now) }
            let process = target.peer?.name ?? member
            for id in target.jobs.sorted() { self.rescue(id, from: process, isSilent: isSilent, now: now) }
            self.place(now: now)
        } else if let draft = self.fleet.drafts[member] {
            for call in draft.openCalls { self.calls[call] = nil }
            self.fleet.drafts[member]!.lose(reason)
            for id in draft.jobs.sorted() { self.loseDraft(of: id, now: now) }
        }
        self.assignDrafts(now: now)
    }

    // MARK: Pairs

    private mutating func detach(_ draft: String, from target: String, until instant: Seconds) {
        if let call = self.fleet.drafts[draft]?.detach(target, until: instant) { self.calls[call] = nil }
    }

    /// Asks every draft to greet every target that has not welcomed it yet.
    mutating func attachDrafts(now: Seconds) {
        let reached = self.fleet.targets.values.count { $0.peer != nil }
        for (draft, state) in self.fleet.drafts where state.peer != nil && state.attachedCount < reached {
            for (target, targetState) in self.fleet.targets where targetState.peer != nil {
                let pair = state[target]
                guard !pair.isAttached, now >= pair.askAt else { continue }
                // Asking twice does no harm, and an answer may have been lost.
                if let call = pair.call { self.calls[call] = nil }
                let call = self.newCall(.attach(draft: draft, target: target))
                self.fleet.drafts[draft]!.ask(target, call: call, next: now + self.heartbeat)
                let attach = AttachRequest(address: self.fleet.reachedAt(target), key: targetState.key)
                self.actions.append(.toMember(draft, call: call, .attach(attach)))
            }
        }
    }

    private mutating func acknowledged(call: UInt64, from member: String, now: Seconds) {
        guard case .attach(let draft, let target) = self.calls[call], draft == member else { return }
        self.calls[call] = nil
        self.fleet.drafts[draft]?.attach(target)
        self.assignDrafts(now: now)
    }
}
