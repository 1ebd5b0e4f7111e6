internal import DequeModule
internal import ForetokenWire
internal import OrderedCollections
internal import Testing

@testable import Roles

@Suite struct CoordinatorPropertyTests {
    @Test(arguments: 0..<40) func whateverHappensEveryTextIsWholeAndEndsOnce(_ seed: Int) {
        var world = CoordinatorWorld(seed: UInt64(seed))
        for step in 0..<1500 {
            world.step()
            guard world.faults.isEmpty else {
                Issue.record("seed \(seed), step \(step): \(world.faults)")
                return
            }
        }
        world.finish()
        #expect(world.faults.isEmpty && world.unended.isEmpty, "seed \(seed)")
        // A span stands open until its end is told.
        let told = world.bed.ends.compactMap(\.names.id?.description)
        #expect(told.count == world.bed.asked && Set(told).count == told.count, "seed \(seed)")
        let state = world.bed.state
        #expect(state.load == Load(slots: CoordinatorWorld.slots * state.fleet.reachedTargets), "seed \(seed)")
        #expect(state.jobs.count == 0 && state.jobs.draftless.isEmpty && state.jobs.waiting.isEmpty, "seed \(seed)")
        #expect(state.calls.isEmpty && state.jobs.clientCount == 0, "seed \(seed)")
        #expect(
            state.fleet.drafts.values.allSatisfy {
                $0.jobs.isEmpty && $0.attachedCount == state.fleet.reachedTargets
            }, "seed \(seed)")
    }
}
