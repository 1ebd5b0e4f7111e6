internal import ForetokenWire
internal import Roles
internal import Speculation

/// Members that die and come back; what they knew is lost.
extension FleetSimulation {
    /// Time without an answer after which a member is missed, with heartbeats of a second.
    private static let detection: Seconds = Peer.silence

    mutating func failLater(_ event: FleetEvent, _ between: Seconds) {
        guard between.isFinite else { return }
        self.clock.schedule(event, after: self.exponential(mean: between))
    }

    private var outage: Seconds { self.plan.failures?.outage ?? 0 }

    mutating func failTarget(_ index: Int) {
        self.tally.targetsLost += 1
        self.targets[index].fail()
        // One that comes back sooner is known by another name.
        self.clock.schedule(.targetIsMissed(index), after: min(Self.detection, self.outage))
        self.clock.schedule(.targetReturns(index), after: self.outage)
    }

    /// The coordinator and the drafts notice that a target is gone.
    mutating func missTarget(_ index: Int) {
        let address = self.targets[index].address
        for draft in self.drafts.indices where self.drafts[draft].isUp {
            self.drafts[draft].state.lost(address, now: self.clock.now)
            self.carryOut(draft: draft)
        }
        self.coordinator.lost(address, reason: "it failed", now: self.clock.now)
        self.carryOutCoordinator()
    }

    mutating func returnTarget(_ index: Int) {
        self.targets[index].comeBack()
        let target = self.targets[index]
        // Drafts that know it go on greeting it.
        for draft in self.drafts.indices where self.drafts[draft].isUp {
            self.drafts[draft].state.reached(target.address)
            self.carryOut(draft: draft)
        }
        self.coordinator.reached(target.address, target.peer(on: self.threads), now: self.clock.now)
        self.carryOutCoordinator()
        self.failLater(.targetFails(index), self.plan.failures?.betweenTargets ?? .infinity)
    }

    mutating func failDraft(_ index: Int) {
        self.tally.draftsLost += 1
        self.drafts[index].fail()
        self.clock.schedule(.draftIsMissed(index), after: min(Self.detection, self.outage))
        self.clock.schedule(.draftReturns(index), after: self.outage)
    }

    /// Coordinator and targets notice that a draft is gone: others take over, where there are any.
    mutating func missDraft(_ index: Int) {
        let former = VirtualDraft.id(index, life: self.drafts[index].life - 1)
        for target in self.targets.indices where self.targets[target].isUp {
            self.targets[target].state.lose(former, now: self.clock.now)
            self.carryOut(target: target)
        }
        self.coordinator.lost(self.drafts[index].address, reason: "it failed", now: self.clock.now)
        self.carryOutCoordinator()
    }

    mutating func returnDraft(_ index: Int) {
        self.drafts[index].comeBack()
        let draft = self.drafts[index]
        self.coordinator.reached(draft.address, draft.peer(on: self.threads), now: self.clock.now)
        self.carryOutCoordinator()
        self.failLater(.draftFails(index), self.plan.failures?.betweenDrafts ?? .infinity)
    }
}
