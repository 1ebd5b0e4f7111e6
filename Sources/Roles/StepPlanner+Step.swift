internal import OrderedCollections
internal import Speculation

extension StepPlanner {
    /// What a target is to do now.
    struct Step {
        /// The pass to run, of none where nothing is ready: each sequence's place, and what it brings.
        var parts: [(index: Int, pass: TargetSequence.Pass)] = []
        /// When to look again, where a block is waited for.
        var wait: Seconds?
    }

    /// Plans the next step, and lets each sequence begin its part of the pass, or its wait.
    mutating func begin(
        _ live: inout OrderedDictionary<UInt64, TargetState.Live>.Values, _ meter: TargetMeter, now: Seconds
    ) -> Step {
        let standings = live.indices.map { live[$0].sequence.standing() }
        let plan = self.plan(standings, meter, now: now)
        var step = Step(wait: plan.wait)
        for (index, part) in plan.parts.enumerated() {
            switch part {
            case .pass(let feed, let candidates) where plan.wait == nil:
                let pass = live[index].sequence.beginPass(
                    now: now, feed: feed, candidates: candidates, exact: self.exact)
                step.parts.append((index, pass))
            case .wait, .skip:
                live[index].sequence.wait()
            case .pass, .out:
                break
            }
        }
        return step
    }
}
