internal import DequeModule
internal import ForetokenWire
internal import OrderedCollections
internal import Speculation

extension CoordinatorState {
    /// Gives waiting requests to targets with free slots, first come first served.
    mutating func place(now: Seconds) {
        while let id = self.jobs.waiting.first, let job = self.jobs[id],
            let target = self.fleet.chooseTarget(roundingAs: job.rounding, now: now)
        {
            guard self.jobs[id]!.isToBeWritten(by: self.fleet.targets[target]!) else {
                self.refuse(Self.otherModel, to: job.client, job.call)
                self.forget(id, .failed(Self.otherModel.code), now: now)
                continue
            }
            var draft = job.rule == .off ? nil : self.fleet.chooseDraft(for: target)
            let rule = job.rule.flatMap { $0 == .marginal ? nil : $0 } ?? self.chooseRule(target, draft)
            if rule == .off { draft = nil }
            if rule != .off && draft == nil && !self.fleet.drafts.isEmpty {
                self.actions.append(.log(.noDraft(target: target, job.request.names)))
            }
            let call = self.newCall(.open(job: id))
            self.jobs.placeFirst(
                at: GenerationJob.Place(target: target, call: call, since: now, draft: draft, rule: rule))
            self.fleet.targets[target]!.jobs.insert(id)
            if let draft { self.fleet.drafts[draft]!.jobs.insert(id) }
            let open = OpenRequest(
                request: job.request, draft: draft.flatMap { self.fleet.drafts[$0]?.peer?.name } ?? "",
                lookahead: rule, window: draft.flatMap { self.fleet.terms(of: $0, for: target)?.window },
                takesTurns: draft.map { self.fleet.takesTurns(draft: $0, target: target) } ?? false)
            self.actions.append(.toMember(target, call: call, .open(open)))
        }
    }

    private static let otherModel = Status(
        .unavailable,
        "the targets here have another model than the one that began this text; ask for it anew")

    /// The rule that prices each token, which is the same as none that a request names; where it hardly ever drafts with
    /// that draft, the target alone, and a try ever more seldom that notices a change. A draft that abstains still computes
    /// the prompt, perhaps on a core of the target's.
    private mutating func chooseRule(_ target: String, _ draft: String?) -> LookaheadRule {
        guard !self.fleet.drafts.isEmpty else { return .off }
        guard let draft else { return .marginal }
        return self.fleet.isDue(draft: draft, for: target) ? .marginal : .off
    }

    /// Gives drafts to sequences that want one and have none, those of the oldest requests first.
    mutating func assignDrafts(now: Seconds) {
        guard !self.jobs.draftless.isEmpty, self.fleet.hasFreeDraft else { return }
        var open = self.jobs.draftless.targets.filter { now >= self.fleet.targets[$0]?.assignAt ?? .infinity }
        while let (target, id) = self.oldestDraftless(of: open) {
            if !self.assignDraft(to: id, at: target) { open.removeAll { $0 == target } }
        }
    }

    private func oldestDraftless(of targets: [String]) -> (target: String, id: UInt64)? {
        targets.lazy.compactMap { target in self.jobs.draftless.first(at: target).map { (target, $0) } }
            .min { $0.1 < $1.1 }
    }

    /// - Returns: whether there was one.
    private mutating func assignDraft(to id: UInt64, at target: String) -> Bool {
        guard let job = self.jobs[id], let sequence = job.place?.sequence,
            let draft = self.fleet.chooseDraft(for: target), let name = self.fleet.drafts[draft]?.peer?.name
        else { return false }
        self.jobs.draftless.remove(id, at: target)
        let call = self.newCall(.assign(job: id))
        self.jobs[id]!.place!.assign(draft, call: call)
        self.fleet.drafts[draft]!.jobs.insert(id)
        self.actions.append(.log(.draftTakesOver(draft: name, target: target, job.request.names)))
        let assign = AssignRequest(
            sequence: sequence, draft: name, window: self.fleet.terms(of: draft, for: target)?.window,
            takesTurns: self.fleet.takesTurns(draft: draft, target: target))
        self.actions.append(.toMember(target, call: call, .assign(assign)))
        return true
    }

    /// A sequence has no draft any more.
    ///
    /// - Parameter isDeclined: whether it had the draft on paper only.
    mutating func loseDraft(of id: UInt64, isDeclined: Bool, now: Seconds) {
        guard let place = self.jobs[id]?.place, let draft = place.draft else { return }
        self.endAssigning(place)
        self.jobs[id]!.place!.loseDraft(isDeclined: isDeclined)
        self.fleet.drafts[draft]?.jobs.remove(id)
        if place.isOpen, !isDeclined { self.fleet.drafts[draft]?.others.ended += 1 }
        if place.sequence != nil { self.jobs.draftless.append(id, at: place.target) }
    }

    private mutating func endAssigning(_ place: GenerationJob.Place) {
        if let call = place.assigning, call != place.call { self.calls[call] = nil }
    }

    // MARK: Leaving

    /// Tells a target that nobody wants a sequence any more.
    mutating func cancel(_ place: GenerationJob.Place) {
        self.actions.append(.toMember(place.target, call: place.call, .cancel))
        if place.isOpen { self.fleet.targets[place.target]?.others.ended += 1 }
    }

    /// Gives a job's slots back.
    mutating func displace(_ id: UInt64) {
        guard let place = self.jobs[id]?.place else { return }
        self.calls[place.call] = nil
        self.fleet.targets[place.target]?.jobs.remove(id)
        self.endAssigning(place)
        if let draft = place.draft {
            self.fleet.drafts[draft]?.jobs.remove(id)
            if place.isOpen {
                self.fleet.drafts[draft]?.others.ended += 1
                self.fleet.drafts[draft]?.served(place.target)
            }
        }
        self.jobs.draftless.remove(id, at: place.target)
        self.jobs[id]!.leave()
    }

    /// Lets a job wait again, before all that came later: its target is lost, or had no slot.
    mutating func requeue(_ id: UInt64, now: Seconds) {
        guard let place = self.jobs[id]?.place else { return }
        self.displace(id)
        if place.isOpen { self.jobs[id]!.isReopened = true }
        self.jobs.requeue(id, now: now)
    }

    /// Moves texts of a target that is leaving to others, as many as find room now where they go on as they would have
    /// here; the rest stays as long as the target does.
    mutating func handOver(_ target: String, now: Seconds) {
        for id in self.fleet.targets[target]?.jobs.sorted() ?? [] {
            guard let job = self.jobs[id], let place = job.place,
                self.fleet.chooseTarget(toFinish: job, now: now) != nil
            else { continue }
            self.cancel(place)
            self.requeue(id, now: now)
            self.place(now: now)
        }
    }

    /// The target of a job is lost: it waits for another one, unless it was on too many when they were lost.
    mutating func rescue(_ id: UInt64, from process: String, isSilent: Bool, now: Seconds) {
        self.jobs[id]?.loseTarget(process, isSilent: isSilent, now: now)
        let isDangerous = self.jobs[id]?.isDangerous { self.fleet.isUp($0) }
        guard isDangerous == true else { return self.requeue(id, now: now) }
        let job = self.jobs[id]!
        self.actions.append(.log(.targetsLost(job.request.names)))
        self.refuse(
            Status(
                .internalError,
                """
                \(GenerationJob.mostLosses) targets were lost while they had this request, and it is not tried on \
                another; the logs of the targets tell why they ended or went silent
                """), to: job.client, job.call)
        self.forget(id, .failed(.internalError), now: now)
    }

    // MARK: Tokens

    /// Passes on to the client what it does not have yet.
    mutating func relay(_ committed: Committed, of id: UInt64, now: Seconds) {
        guard let place = self.jobs[id]?.place else { return }
        if let statistics = committed.statistics {
            self.actions.append(.count(.cost(statistics, since: place.statistics)))
        }
        guard let fresh = self.jobs[id]!.take(committed) else { return self.resume(id, now: now) }
        if !fresh.pieces.isEmpty {
            let wait = self.jobs[id]!.pace.leave(at: now)
            self.actions.append(.count(.left(tokens: fresh.pieces.count, after: wait)))
        }
        let job = self.jobs[id]!
        if let finish = fresh.finish {
            self.actions.append(.count(.finished(finish, after: now - job.pace.askedAt)))
        }
        self.actions.append(.toClient(job.client, call: job.call, .committed(fresh)))
        guard let finish = fresh.finish else { return }
        self.fleet.targets[place.target]?.release()
        self.remove(id, .finished(finish), now: now)
    }

    /// Opens a job's sequence anew behind the tokens that are here: tokens were lost on the way, as when a connection
    /// breaks and is back before anyone is missed.
    mutating func resume(_ id: UInt64, now: Seconds) {
        guard let job = self.jobs[id], let place = job.place else { return }
        self.actions.append(.log(.tokensLost(target: place.target, job.request.names)))
        self.cancel(place)
        self.requeue(id, now: now)
        self.place(now: now)
    }
}
