public import ForetokenWire
internal import OrderedCollections
public import Speculation

/// The step of a target: schedule, run, settle.
extension TargetState {
    /// Begins a pass over all sequences that are ready, unless one is running; its end is the beginning of the next.
    mutating func step(now: Seconds) {
        guard self.passing.isEmpty, !self.isStopping else { return }
        self.checkOrigins()
        let step = self.planner.begin(&self.live.values, self.meter, now: now)
        if let instant = step.wait { self.wake(at: instant) }
        guard !step.parts.isEmpty else { return }
        self.passing = step.parts.map { index, pass in
            let source = self.live.values[index].origin?.source
            self.live.values[index].origin = nil
            let live = self.live.values[index]
            return Part(
                sequence: live.sequence.id,
                entry: PassEntry(
                    slot: live.slot, pass: pass, sampler: live.sampler, detail: live.sendsScores ? .runnerUp : [],
                    likelihoods: live.likelihoods, source: source))
        }
        self.actions.append(.run(self.passing))
    }

    /// A slot whose sequence is over may hold anything.
    private mutating func checkOrigins() {
        for index in self.live.values.indices {
            guard let origin = self.live.values[index].origin, self.live[origin.sequence] == nil else { continue }
            self.live.values[index].origin = nil
            self.live.values[index].sequence.reuse(0)
        }
    }

    private mutating func wake(at instant: Seconds) {
        guard instant < self.nextAlarm else { return }
        self.nextAlarm = instant
        self.actions.append(.wake(at: instant))
    }

    /// Looks again: a block that was waited for may not come any more.
    public mutating func alarm(now: Seconds) {
        self.nextAlarm = .infinity
        self.step(now: now)
    }

    /// Settles the pass that ran.
    ///
    /// - Parameter result: what came of each part, or what the owners are told where the pass failed; the slots of all
    ///   its parts are empty then.
    public mutating func passEnded(_ result: Result<PassOutcome, Status>, now: Seconds) {
        var parts: [Part] = []
        swap(&parts, &self.passing)
        switch result {
        case .success(let outcome): self.settle(parts, outcome, now: now)
        case .failure(let status): self.fail(parts, status, now: now)
        }
    }

    /// Settles every part, and sends verdicts; tokens stream to owners while drafts and the next pass are at work.
    private mutating func settle(_ parts: [Part], _ outcome: PassOutcome, now: Seconds) {
        let model = self.model
        var (rows, drafted, prefill, tokens) = (0, 0, 0, 0)
        for part in parts {
            rows += part.entry.pass.ownRows
            drafted += part.entry.pass.candidates.count
            prefill += part.entry.pass.prefillRows
        }
        let alone = self.meter.secondsAlone(rows: rows, drafted: drafted, seconds: outcome.seconds)
        var streams: [(sequence: UInt64, settlement: TargetSequence.Settlement)] = []
        for (part, walk) in zip(parts, outcome.walks) {
            guard let index = self.live.index(forKey: part.sequence) else { continue }
            let settlement = self.live.values[index].sequence.settle(
                part.entry.pass.queued(for: outcome.queuedSeconds), walk: walk, seconds: outcome.seconds, alone: alone,
                now: now, bytes: model.bytes,
                ends: { part.entry.sampler.ending.isEnd($0, among: model.endOfGeneration) })
            if var verdict = settlement.verdict, let draft = self.live.values[index].draft {
                verdict.rows = rows
                self.send(.verdict(verdict), to: draft)
            }
            tokens += settlement.pieces.count
            if !settlement.pieces.isEmpty { streams.append((part.sequence, settlement)) }
        }
        self.meter.learn(rows: rows, prefill: prefill, tokens: tokens, seconds: outcome.seconds, now: now)
        // All may have been cancelled meanwhile.
        if self.live.isEmpty { self.meter.becomeIdle() }
        self.step(now: now)
        for (sequence, settlement) in streams { self.stream(settlement, of: sequence, now: now) }
    }

    /// Seconds between two messages of a sequence that tell its statistics.
    private static let statisticsInterval: Seconds = 1

    private mutating func stream(_ settlement: TargetSequence.Settlement, of id: UInt64, now: Seconds) {
        guard let index = self.live.index(forKey: id) else { return }
        var committed = Committed(index: settlement.index, pieces: settlement.pieces, finish: settlement.finish)
        if !self.live.values[index].sendsScores {
            for index in committed.pieces.indices { committed.pieces[index].scores = nil }
        }
        if settlement.finish != nil || now >= self.live.values[index].toldStatisticsAt + Self.statisticsInterval {
            committed.statistics = self.live.values[index].sequence.statistics
            self.live.values[index].toldStatisticsAt = now
        }
        let call = self.live.values[index].call
        if settlement.finish != nil { self.remove(id, error: nil) }
        self.send(.committed(committed), to: call)
    }

    private mutating func fail(_ parts: [Part], _ status: Status, now: Seconds) {
        for part in parts { self.end(part.sequence, status) }
        // The slots of sequences that were over already are empty as well.
        for slot in parts.map(\.entry.slot) {
            self.slots.forget(slot)
            for index in self.live.values.indices
            where self.live.values[index].slot == slot || self.live.values[index].origin?.source.slot == slot {
                self.live.values[index].origin = nil
                self.live.values[index].sequence.reuse(0)
            }
        }
        self.step(now: now)
    }
}
