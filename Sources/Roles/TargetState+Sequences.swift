public import ForetokenWire
internal import OrderedCollections
public import Speculation

extension TargetState {
    // MARK: Beginning

    mutating func begin(
        _ request: OpenRequest, _ prepared: PreparedPrompt, for call: Call, now: Seconds, peer: (String) -> PeerID?
    ) throws(Status) {
        let model = self.model
        let (prompt, asked) = (prepared.tokens, request.request)
        guard prompt.count < model.contextLength else { throw model.tooLong("\(prompt.count)") }
        if let token = asked.committed.first(where: { Int($0) >= model.vocabularySize }) {
            throw Status(.invalidArgument, "committed token \(token) is not in the vocabulary")
        }
        let room = model.contextLength - prompt.count
        let limit = asked.maxTokens > 0 ? min(asked.maxTokens, room) : room
        guard asked.committed.count <= limit else {
            throw Status(.invalidArgument, "more tokens are committed already than the request allows")
        }
        guard !self.isStopping, !self.isLeaving else { throw Self.leaving }
        let sampler = Sampler(
            asked.sampling,
            ending: Ending(earliest: prompt.count + min(asked.minTokens, limit), isIgnored: asked.ignoresEnd))
        self.lastSequence += 1
        let sequence = TargetSequence(
            id: self.lastSequence, prompt: prompt, committed: asked.committed, endPosition: prompt.count + limit,
            stop: prepared.stop, minTokens: asked.minTokens, vocabularySize: model.vocabularySize, now: now,
            rule: request.lookahead, patience: self.patience, bytes: model.bytes,
            ends: { sampler.ending.isEnd($0, among: model.endOfGeneration) })
        let opened = Opened(sequence: sequence.id, promptTokens: prompt.count)
        if let finish = sequence.finish {
            self.send(.opened(opened), to: call)
            let committed = Committed(
                index: sequence.answerCount, pieces: [], finish: finish, statistics: sequence.statistics)
            self.send(.committed(committed), to: call)
            return self.actions.append(.log(.notOpened(asked.names, error: nil)))
        }
        guard let placement = self.place(sequence) else {
            throw Status(.resourceExhausted, "all \(self.slots.count) slots of the target are busy")
        }
        self.send(.opened(opened), to: call)
        var live = Live(
            sequence: sequence, slot: placement.slot, call: call, sampler: sampler, sendsScores: asked.scores,
            likelihoods: asked.likelihoods, rule: request.lookahead, assigning: call.number,
            toldStatisticsAt: now, names: asked.names)
        live.sequence.reuse(placement.reused)
        if let slot = placement.source, let source = self.live.values.first(where: { $0.slot == slot }) {
            live.origin = Origin(sequence: source.sequence.id, source: SlotSource(slot: slot, count: placement.reused))
        }
        self.live[sequence.id] = live
        self.actions.append(
            .log(
                .opened(
                    sequence: sequence.id, slot: placement.slot, tokens: prompt.count, reused: placement.reused,
                    asked.names)))
        self.attach(
            sequence.id, to: request.draft, window: request.window, takesTurns: request.takesTurns, peer: peer)
        self.step(now: now)
    }

    /// A slot, and where it or another holds what the sequence begins with.
    private mutating func place(_ sequence: TargetSequence) -> SlotPool.Placement? {
        guard self.model.canRollBack else { return self.slots.take(for: []) }
        // What is still to be copied into a slot is not there yet.
        let held = self.live.values.filter { $0.origin == nil }
            .map { SlotPool.Held(slot: $0.slot, tokens: self.reusable(of: $0.sequence)) }
        return self.slots.take(
            for: sequence.history.tokens, among: held,
            granularity: self.model.exact.map { $0.isUniform ? 1 : ExactPasses.piece } ?? 1,
            most: self.model.exact?.shareable(promptCount: sequence.promptCount) ?? .max)
    }

    /// What a sequence's slot holds that another one could not tell from its own.
    private func reusable(of sequence: TargetSequence) -> ArraySlice<Token> {
        sequence.held.prefix(self.model.exact?.shareable(promptCount: sequence.promptCount) ?? .max)
    }

    // MARK: Drafts

    /// Gives a sequence to another draft, or to none.
    ///
    /// - Parameter peer: the draft of a name, if it has greeted.
    public mutating func assign(_ request: AssignRequest, for call: Call, now: Seconds, peer: (String) -> PeerID?) {
        guard self.live[request.sequence]?.call.owner == call.owner else {
            return self.answer(Status(.notFound, "no such sequence"), to: call)
        }
        self.live[request.sequence]!.assigning = call.number
        self.attach(
            request.sequence, to: request.draft, window: request.window, takesTurns: request.takesTurns, peer: peer)
        self.step(now: now)
        self.send(.acknowledged, to: call)
    }

    private mutating func attach(
        _ id: UInt64, to name: String, window: Int?, takesTurns: Bool, peer: (String) -> PeerID?
    ) {
        guard let index = self.live.index(forKey: id) else { return }
        let isWanted = self.model.canRollBack && !name.isEmpty
        let draft = isWanted ? peer(name) : nil
        if isWanted, draft == nil {
            self.actions.append(.log(.draftMissing(name: name)))
            self.tellNoDraft(at: index, declined: true)
        }
        let former = self.live.values[index].draft
        self.live.values[index].draft = draft
        if let draft {
            self.live.values[index].takesTurns = takesTurns
            let waiting = self.waitings[draft, self.live.values[index].lookahead]
            self.live.values[index].sequence.attachDraft(knowing: waiting, takesTurns: takesTurns)
            let live = self.live.values[index]
            self.send(
                .mirror(
                    MirrorRequest(
                        sequence: id, tokens: live.sequence.history.tokens, sampling: live.sampler.sampling,
                        ending: live.sampler.ending, lookahead: live.lookahead,
                        endPosition: live.sequence.endPosition, window: window,
                        takesTurns: takesTurns, trace: live.names.trace)), to: draft)
        } else {
            self.live.values[index].sequence.detachDraft()
        }
        if let former { self.live.values[index].formerDrafts.insert(former) }
        if let former, former != draft { self.send(.release(Release(sequence: id)), to: former) }
    }

    /// Tells the owner that a sequence has no draft, or no longer one, on the call that gave it: what comes late is not
    /// taken for another draft's.
    private mutating func tellNoDraft(at index: Int, declined: Bool) {
        let live = self.live.values[index]
        self.send(
            .assign(AssignRequest(sequence: live.sequence.id, draft: "", declined: declined)),
            to: Call(owner: live.call.owner, number: live.assigning))
    }

    /// Hears what a draft has to tell of a sequence.
    ///
    /// - Parameter bytes: size of the message.
    public mutating func hear(_ message: Mirror.Message, ofBytes bytes: Int, from peer: PeerID, now: Seconds) {
        guard let index = self.live.index(forKey: message.sequence), self.live.values[index].draft == peer else {
            if !self.isLate(message.sequence, of: peer) {
                self.actions.append(.log(.notItsSequence(peer, sequence: message.sequence)))
            }
            return self.send(.release(Release(sequence: message.sequence)), to: peer)
        }
        self.live.values[index].sequence.count(blockOfBytes: bytes)
        do {
            if let verdict = try self.live.values[index].sequence.receive(message, now: now) {
                self.send(.verdict(verdict), to: peer)
            }
            self.step(now: now)
        } catch {
            self.actions.append(.log(.messageRefused(sequence: message.sequence, reason: "\(error)")))
            self.answer(Status(.invalidArgument, "\(error)"), to: Call(owner: peer, number: 0))
        }
    }

    /// Whether a draft may have sent for a sequence because it was not told yet that it is over, or another's.
    private func isLate(_ sequence: UInt64, of draft: PeerID) -> Bool {
        if let live = self.live[sequence] { return live.formerDrafts.contains(draft) }
        return sequence >= self.firstSequence && sequence <= self.lastSequence
    }

    /// A draft does not take a sequence, or has not been told of it: the target goes on alone, and its owner may choose
    /// another.
    public mutating func decline(_ sequence: UInt64, by draft: PeerID, now: Seconds) {
        guard let index = self.live.index(forKey: sequence), self.live.values[index].draft == draft else { return }
        self.live.values[index].draft = nil
        self.live.values[index].formerDrafts.insert(draft)
        self.live.values[index].sequence.detachDraft()
        self.actions.append(.log(.draftDeclined(draft, sequence: sequence)))
        self.tellNoDraft(at: index, declined: true)
        self.step(now: now)
    }

    // MARK: Ends

    /// Ends a sequence with a status for its owner.
    mutating func end(_ id: UInt64, _ status: Status) {
        guard let live = self.live[id] else { return }
        self.answer(status, to: live.call)
        self.remove(id, error: status.code)
    }

    /// Frees the slot, and tells the draft: one that has nothing to send would hear of it from nobody else, and would
    /// keep its slot.
    ///
    /// - Parameter error: why it does not come to its own end; `nil` where it does.
    mutating func remove(_ id: UInt64, error: Status.Code?) {
        guard let live = self.live.removeValue(forKey: id) else { return }
        if let draft = live.draft { self.waitings.keep(live.sequence.waiting.forNext, of: draft, live.lookahead) }
        let isSure = self.model.canRollBack && live.origin == nil
        let emptied = self.slots.give(back: live.slot, holding: isSure ? self.reusable(of: live.sequence) : [])
        // Every pass looks over all that slots hold, so that free ones lose what nobody will want.
        for slot in emptied { self.actions.append(.empty(slot: slot)) }
        if self.live.isEmpty { self.meter.becomeIdle() }
        if let draft = live.draft { self.send(.release(Release(sequence: id)), to: draft) }
        self.actions.append(
            .log(
                .closed(
                    sequence: id, slot: live.slot, live.names, error: error, live.sequence.statistics)))
    }

    /// A peer is gone: what it drafted for goes on alone, and the slots of what it opened are free again.
    public mutating func lose(_ peer: PeerID, now: Seconds) {
        // What nobody wants any more is not to begin a pass.
        self.lose(owner: peer)
        self.lose(draft: peer, now: now)
    }

    private mutating func lose(draft: PeerID, now: Seconds) {
        self.waitings.forget(draft)
        var orphans = 0
        for index in self.live.values.indices where self.live.values[index].draft == draft {
            self.live.values[index].draft = nil
            self.live.values[index].formerDrafts.insert(draft)
            self.live.values[index].sequence.detachDraft()
            self.tellNoDraft(at: index, declined: false)
            orphans += 1
        }
        guard orphans > 0 else { return }
        self.actions.append(.log(.draftLost(draft, sequences: orphans)))
        self.step(now: now)
    }

    private mutating func lose(owner: PeerID) {
        for index in self.openings.values.indices where self.openings.values[index].call?.owner == owner {
            self.openings.values[index].call = nil
        }
        let lost = self.live.filter { $0.value.call.owner == owner }.map(\.key)
        for id in lost { self.remove(id, error: .cancelled) }
        if !lost.isEmpty { self.actions.append(.log(.ownerLost(sequences: lost.count))) }
    }
}
