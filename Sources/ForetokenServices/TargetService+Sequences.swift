internal import Executors
internal import ForetokenEngine
internal import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import OrderedCollections
internal import Speculation

extension TargetService {
    /// Opens a sequence, once its prompt is tokenized.
    func open(_ request: OpenRequest, for call: Call) async {
        let result: Result<PreparedPrompt, ModelError>
        do {
            result = .success(
                try await self.engine.prepare(
                    request.request.prompt, stop: request.request.stop, addsOwnStops: !request.request.ignoresEnd))
        } catch {
            result = .failure(error)
        }
        // A cancel may have come meanwhile.
        guard self.opening.remove(call) != nil else { return }
        do {
            try self.begin(request, try result.get(), for: call)
        } catch let status as Status {
            self.answer(status, to: call)
        } catch ModelError.promptTooLong(let tokens) {
            self.answer(self.tooLong("at least \(tokens)"), to: call)
        } catch {
            self.answer(Status(.invalidArgument, "\(error)"), to: call)
        }
    }

    private func tooLong(_ tokens: String) -> Status {
        Status(
            .outOfRange,
            """
            the prompt has \(tokens) tokens, but a slot of this target holds \
            \(self.engine.description.contextLength); shorten the prompt or start the target with a larger --context
            """)
    }

    private func begin(_ request: OpenRequest, _ prepared: PreparedPrompt, for call: Call) throws {
        let prompt = prepared.tokens
        let context = self.engine.description.contextLength
        let asked = request.request
        guard prompt.count < context else { throw self.tooLong("\(prompt.count)") }
        if let token = asked.committed.first(where: { Int($0) >= self.engine.vocabulary.size }) {
            throw Status(.invalidArgument, "committed token \(token) is not in the vocabulary")
        }
        let room = context - prompt.count
        let limit = asked.maxTokens > 0 ? min(asked.maxTokens, room) : room
        guard asked.committed.count <= limit else {
            throw Status(.invalidArgument, "more tokens are committed already than the request allows")
        }
        guard !self.isStopping else { throw Status(.unavailable, "the target is shutting down") }
        self.nextSequence += 1
        let id = self.nextSequence
        let sampler = Sampler(
            asked.sampling,
            ending: Ending(earliest: prompt.count + min(asked.minTokens, limit), isIgnored: asked.ignoresEnd))
        let ends = self.engine.vocabulary.endOfGeneration
        let sequence = TargetSequence(
            id: id, prompt: prompt, committed: asked.committed, endPosition: prompt.count + limit,
            stop: prepared.stop, minTokens: asked.minTokens, vocabularySize: self.engine.vocabulary.size,
            now: self.loop.now,
            rule: request.lookahead, patience: self.patience,
            bytes: { self.engine.vocabulary.pieces[Int($0)] }, ends: { sampler.ending.isEnd($0, among: ends) })
        if let finish = sequence.finish {
            self.send(.opened(Opened(sequence: id, promptTokens: prompt.count)), to: call)
            let committed = Committed(
                index: sequence.answerCount, pieces: [], finish: finish, statistics: sequence.statistics)
            self.send(.committed(committed), to: call)
            return
        }
        guard let placement = self.place(sequence) else {
            throw Status(.resourceExhausted, "all \(self.slots.count) slots of the target are busy")
        }
        var live = Live(
            sequence: sequence, slot: placement.slot, owner: call.owner, call: call.call,
            sampler: sampler, sendsScores: asked.scores,
            likelihoods: asked.likelihoods, lookahead: request.lookahead, toldStatisticsAt: self.loop.now)
        self.send(.opened(Opened(sequence: id, promptTokens: prompt.count)), to: call)
        live.sequence.reuse(placement.reused)
        if let slot = placement.source, let source = self.live.values.first(where: { $0.slot == slot }) {
            live.origin = Origin(sequence: source.sequence.id, source: Source(slot: slot, count: placement.reused))
        }
        self.live[id] = live
        self.settings.logger.debug(
            "Opened",
            [
                .sequence: "\(id)", .slot: "\(placement.slot)", .tokens: "\(prompt.count)",
                .reused: "\(placement.reused)",
            ])
        self.assign(id, to: request.draft)
        self.step()
    }

    /// A slot, and where it or another holds what the sequence begins with.
    private func place(_ sequence: TargetSequence) -> SlotPool.Placement? {
        guard self.engine.canRollBack else { return self.slots.take(for: []) }
        // What is still to be copied into a slot is not there yet.
        let held = self.live.values.filter { $0.origin == nil }
            .map { SlotPool.Held(slot: $0.slot, tokens: self.reusable(of: $0.sequence)) }
        return self.slots.take(
            for: sequence.history.tokens, among: held,
            granularity: self.exact.map { $0.isUniform ? 1 : ExactPasses.piece } ?? 1,
            most: self.exact?.shareable(promptCount: sequence.promptCount) ?? .max)
    }

    /// What a sequence's slot holds that another one could not tell from its own.
    private func reusable(of sequence: TargetSequence) -> ArraySlice<Token> {
        sequence.held.prefix(self.exact?.shareable(promptCount: sequence.promptCount) ?? .max)
    }

    /// Gives a sequence to the draft of that name, or to none.
    func assign(_ id: UInt64, to name: String) {
        guard var live = self.live[id] else { return }
        let name = self.engine.canRollBack ? name : ""
        let draft = name.isEmpty ? nil : self.reception.peer(named: name, role: .draft)
        if !name.isEmpty && draft == nil {
            self.settings.logger.warning("Draft is not here; the target goes on alone", [.draft: name])
            self.tellNoDraft(live)
        }
        let former = live.draft
        live.draft = draft
        if let draft {
            let kind = DraftKind(draft: draft, lookahead: live.lookahead)
            live.sequence.attachDraft(knowing: self.waitings[kind])
            let mirror = MirrorRequest(
                sequence: id, tokens: live.sequence.history.tokens, sampling: live.sampler.sampling,
                ending: live.sampler.ending, lookahead: live.lookahead, endPosition: live.sequence.endPosition)
            _ = self.link?.send(Envelope(.mirror(mirror)), to: draft)
        } else {
            live.sequence.detachDraft()
        }
        self.live[id] = live
        if let former, former != draft { self.release(id, from: former) }
        self.step()
    }

    /// Tells the owner that a sequence has no draft, or no more.
    private func tellNoDraft(_ live: Live) {
        let news = AssignRequest(sequence: live.sequence.id, draft: "")
        self.send(.assign(news), to: Call(owner: live.owner, call: live.call))
    }

    func send(_ verdict: Verdict, to draft: PeerID) {
        let envelope = Envelope(.verdict(verdict))
        switch self.link?.send(envelope, to: draft) {
        case .sent(let bytes): self.live[verdict.sequence]?.sequence.count(verdictOfBytes: bytes)
        case .unreachable: self.forget(draft)
        case .full, nil: break
        }
    }

    /// Seconds between two messages of a sequence that tell its statistics.
    private static let statisticsInterval = 1.0

    func stream(_ settlement: TargetSequence.Settlement, of id: UInt64) {
        guard let live = self.live[id] else { return }
        var committed = Committed(index: settlement.index, pieces: settlement.pieces, finish: settlement.finish)
        if !live.sendsScores {
            for index in committed.pieces.indices { committed.pieces[index].scores = nil }
        }
        let now = self.loop.now
        if settlement.finish != nil || now >= live.toldStatisticsAt + Self.statisticsInterval {
            committed.statistics = live.sequence.statistics
            self.live[id]!.toldStatisticsAt = now
        }
        if settlement.finish != nil { self.remove(id) }
        switch self.link?.send(Envelope(call: live.call, .committed(committed)), to: live.owner) {
        case .sent, nil:
            break
        case .unreachable:
            self.forget(live.owner)
        case .full:
            // It does not take a status either.
            self.settings.logger.warning("Owner does not take its tokens", [.sequence: "\(id)"])
            self.forget(live.owner)
        }
    }

    /// Ends a sequence with a status for its owner.
    func end(_ id: UInt64, _ status: Status) {
        guard let live = self.live[id] else { return }
        self.answer(status, to: Call(owner: live.owner, call: live.call))
        self.remove(id)
    }

    /// Frees the slot, and tells the draft.
    private func remove(_ id: UInt64) {
        guard let live = self.live.removeValue(forKey: id) else { return }
        self.keepWaiting(of: live)
        let isSure = self.engine.canRollBack && live.origin == nil
        self.empty(self.slots.give(back: live.slot, holding: isSure ? self.reusable(of: live.sequence) : []))
        if self.live.isEmpty { self.meter.becomeIdle() }
        if let draft = live.draft { self.release(id, from: draft) }
        self.settings.logger.debug("Closed", [.sequence: "\(id)", .slot: "\(live.slot)"])
    }

    /// Tells a draft that it mirrors a sequence no more.
    ///
    /// A draft at rest sends nothing that would be answered so again, and would keep its slot.
    private func release(_ id: UInt64, from draft: PeerID) {
        switch self.link?.send(Envelope(.release(Release(sequence: id))), to: draft) {
        case .sent, nil: break
        case .unreachable, .full: self.forget(draft)
        }
    }

    /// Drops a peer that does not take what it is sent. Its connection may be back before its heartbeat is missed: so it
    /// has to greet again, and thereby learns that what it had here is gone.
    private func forget(_ peer: PeerID) {
        self.lose(draft: peer)
        self.lose(owner: peer)
        self.reception.remove(peer)
    }

    /// Free slots lose what they hold: every pass looks over all that slots hold.
    private func empty(_ slots: [Int]) {
        for slot in slots { self.engine.empty(slot: slot) }
    }

    /// A draft is gone: its sequences go on alone.
    func lose(draft: PeerID) {
        self.waitings = self.waitings.filter { $0.key.draft != draft }
        var orphans = 0
        for (id, live) in self.live where live.draft == draft {
            self.live[id]!.draft = nil
            self.live[id]!.sequence.detachDraft()
            self.tellNoDraft(live)
            orphans += 1
        }
        guard orphans > 0 else { return }
        self.settings.logger.warning(
            "Draft lost; its sequences go on with the target alone",
            [.peer: self.reception[draft]?.name ?? "", .sequence: "\(orphans)"])
        self.step()
    }

    /// Whoever opened sequences is gone: their slots are free again.
    func lose(owner: PeerID) {
        self.opening = self.opening.filter { $0.owner != owner }
        let lost = self.live.filter { $0.value.owner == owner }.map(\.key)
        for id in lost { self.remove(id) }
        if !lost.isEmpty {
            self.settings.logger.warning("Owner of sequences lost; slots freed", [.slot: "\(lost.count)"])
        }
    }

    func send(_ body: Envelope.Body, to call: Call) {
        _ = self.link?.send(Envelope(call: call.call, body), to: call.owner)
    }

    func answer(_ status: Status, to call: Call) {
        self.send(.status(status), to: call)
    }
}
