internal import DequeModule
internal import Speculation

/// The threads that the models of targets and drafts are computed on, on the virtual clock. Where drafts share those of
/// targets, who asks first is computed first.
struct VirtualThreads {
    /// What a shared thread is asked for.
    enum Turn {
        /// A pass that takes so long.
        case pass(target: Int, life: Int, Seconds)
        /// Whatever a draft has to do then.
        case steps(draft: Int, life: Int)
    }

    private struct Shared {
        var turns: Deque<Turn> = []
        var isBusy = false
        /// The lives of drafts that have asked for a turn, by number.
        var asking: [Int: Int] = [:]
    }

    /// As many as targets; none where all members have threads of their own.
    private var shared: [Shared]

    init(_ plan: FleetPlan) {
        self.shared = plan.sharesCores ? plan.targets.map { _ in Shared() } : []
    }

    var areShared: Bool { !self.shared.isEmpty }

    /// The shared thread of a target or a draft: each draft has that of a target, by number in turn.
    func thread(of member: Int) -> Int { member % self.shared.count }

    mutating func ask(_ turn: Turn) {
        switch turn {
        case .pass(let target, life: _, _): self.shared[self.thread(of: target)].turns.append(turn)
        case .steps(let draft, let life):
            let thread = self.thread(of: draft)
            guard self.shared[thread].asking[draft] != life else { return }
            self.shared[thread].asking[draft] = life
            self.shared[thread].turns.append(turn)
        }
    }

    /// Begins the next turn, unless one goes on or there is none.
    mutating func next(on thread: Int) -> Turn? {
        guard !self.shared[thread].isBusy, let turn = self.shared[thread].turns.popFirst() else { return nil }
        if case .steps(let draft, let life) = turn, self.shared[thread].asking[draft] == life {
            self.shared[thread].asking[draft] = nil
        }
        self.shared[thread].isBusy = true
        return turn
    }

    /// Ends the turn that goes on.
    mutating func end(on thread: Int) { self.shared[thread].isBusy = false }

    /// How a member describes its model, and the cores that it shares.
    func model(of member: Int, weights: UInt64) -> ModelDescription {
        var model = ModelDescription(
            name: "virtual", parameters: 0, vocabularySize: 1, vocabularyFingerprint: 1, weightsFingerprint: weights,
            contextLength: 1)
        guard self.areShared else { return model }
        model.execution = Execution(threads: 1, cores: 1, coreSet: UInt64(self.thread(of: member)) + 1)
        return model
    }
}
