internal import Speculation

/// The cores that members compute on, on the virtual clock. Where drafts share those of targets, all who compute there at
/// once have equal parts of them.
struct VirtualCores {
    private struct Work {
        /// What happens when it is done.
        let end: FleetEvent
        /// Time that it still takes on all of the cores.
        var left: Seconds
    }

    private struct Machine {
        var work: [Work] = []
        /// When it was last told how much of the work is left.
        var settledAt: Seconds = 0
        /// Counts changes: what was scheduled before the last one does not happen.
        var version = 0

        mutating func settle(now: Seconds) {
            let each = (now - self.settledAt) / Seconds(max(1, self.work.count))
            for index in self.work.indices { self.work[index].left -= each }
            self.settledAt = now
            self.version += 1
        }
    }

    /// As many as targets; none where all members have cores of their own.
    private var machines: [Machine]

    init(_ plan: FleetPlan) {
        self.machines = plan.sharesCores ? plan.targets.map { _ in Machine() } : []
    }

    /// Begins to compute.
    ///
    /// - Parameters:
    ///   - member: number of a target, or of a draft, which shares the cores of one, by number in turn.
    ///   - seconds: that it takes on all of the cores.
    mutating func begin(_ end: FleetEvent, of member: Int, for seconds: Seconds, _ clock: inout FleetClock) {
        guard !self.machines.isEmpty else { return clock.schedule(end, after: seconds) }
        let machine = member % self.machines.count
        self.machines[machine].settle(now: clock.now)
        self.machines[machine].work.append(Work(end: end, left: seconds))
        self.scheduleNext(machine, &clock)
    }

    /// Ends the work of a machine that is done now.
    ///
    /// - Returns: what happens then; `nil` where it has become later meanwhile.
    mutating func end(on machine: Int, version: Int, _ clock: inout FleetClock) -> FleetEvent? {
        guard self.machines[machine].version == version else { return nil }
        self.machines[machine].settle(now: clock.now)
        let work = self.machines[machine].work
        guard let index = work.indices.min(by: { work[$0].left < work[$1].left }) else { return nil }
        let ended = self.machines[machine].work.remove(at: index)
        self.scheduleNext(machine, &clock)
        return ended.end
    }

    private func scheduleNext(_ machine: Int, _ clock: inout FleetClock) {
        let work = self.machines[machine].work
        guard let least = work.lazy.map(\.left).min() else { return }
        clock.schedule(
            .workEnds(machine: machine, version: self.machines[machine].version),
            after: max(0, least) * Seconds(work.count))
    }

    /// How a member describes its model, and the cores that it shares.
    func model(of member: Int, weights: UInt64) -> ModelDescription {
        var model = ModelDescription(
            name: "virtual", parameters: 0, vocabularySize: 1, vocabularyFingerprint: 1, weightsFingerprint: weights,
            contextLength: 1)
        guard !self.machines.isEmpty else { return model }
        model.execution = Execution(threads: 1, cores: 1, coreSet: UInt64(member % self.machines.count) + 1)
        return model
    }
}
