public import Speculation

/// Whatever a target keeps a sequence in.
public protocol SequenceHolder {
    var sequence: TargetSequence { get set }
}

extension StepPlanner {
    /// What a target is to do now.
    public struct Step {
        /// The pass to run, of none where nothing is ready: each sequence's place, and what it brings.
        public var parts: [(index: Int, pass: TargetSequence.Pass)] = []
        /// When to look again, where a block is waited for.
        public var wait: Seconds?
    }

    /// Plans the next step, and lets each sequence begin its part of the pass, or its wait.
    public mutating func begin<Holders: MutableCollection>(
        _ holders: inout Holders, _ meter: TargetMeter, now: Seconds
    ) -> Step where Holders.Element: SequenceHolder, Holders.Index == Int {
        let standings = holders.indices.map { holders[$0].sequence.standing() }
        let plan = self.plan(standings, meter, now: now)
        var step = Step(wait: plan.wait)
        for (index, part) in zip(holders.indices, plan.parts) {
            switch part {
            case .pass(let feed, let candidates) where plan.wait == nil:
                let pass = holders[index].sequence.beginPass(
                    now: now, feed: feed, candidates: candidates, exact: self.exact)
                step.parts.append((index, pass))
            case .wait, .skip:
                holders[index].sequence.wait()
            case .pass, .out:
                break
            }
        }
        return step
    }
}
