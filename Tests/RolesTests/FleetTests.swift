import ForetokenWire
import OrderedCollections
import Speculation
import Testing

@testable import Roles

@Suite struct FleetTests {
    private func fleet(_ model: ModelDescription) -> Fleet {
        var fleet = Fleet()
        for target in ["t0", "t1"] { fleet.join(target, .target, now: 0) }
        fleet.reach("t0", CoordinatorBed.peer("t0", model: model))
        return fleet
    }

    private func objection(to model: ModelDescription?, in fleet: Fleet) -> String? {
        var peer = CoordinatorBed.peer("t1")
        peer.model = model
        return fleet.objection(to: Fleet.Keyed(peer: peer, key: ""), at: "t1", now: 0)
    }

    /// What differs is named, and what to do about it.
    @Test func targetsOfOneFleetHaveTheSameWeights() throws {
        var other = CoordinatorBed.model(weights: 2)
        other.parameters = 2
        let rows: [(ModelDescription?, String)] = [
            (CoordinatorBed.model(weights: 2), "other weights"),
            (CoordinatorBed.model(vocabulary: 2), "another vocabulary"),
            (CoordinatorBed.model("another", weights: 2), "another of 1 parameters, is not that"),
            (other, "model of 2 parameters, is not that"),
            (CoordinatorBed.model(weights: 0), "run the same release"), (nil, "run the same release"),
        ]
        let fleet = self.fleet(CoordinatorBed.model())
        #expect(self.objection(to: CoordinatorBed.model(), in: fleet) == nil)
        #expect(self.objection(to: CoordinatorBed.model(rounding: 9), in: fleet) == nil)
        for (model, words) in rows {
            let objection = try #require(self.objection(to: model, in: fleet), "\(words)")
            #expect(objection.contains(words), "\(objection)")
            #expect(words.contains("release") || objection.contains("with the same file"), "\(objection)")
        }
    }

    /// Not even a target that does not tell either; but a process is itself, at whatever address, and one alone is fine.
    @Test func whatIsNotToldIsEqualToNothing() {
        let untold = CoordinatorBed.model(weights: 0)
        let fleet = self.fleet(untold)
        #expect(self.objection(to: untold, in: fleet)?.contains("run the same release") == true)
        #expect(self.objection(to: CoordinatorBed.model(), in: fleet)?.contains("t0's does not tell") == true)
        let itself = Fleet.Keyed(peer: CoordinatorBed.peer("t0", model: untold), key: "")
        #expect(fleet.objection(to: itself, at: "t0", now: 0) == nil)
        #expect(fleet.objection(to: itself, at: "t1", now: 0)?.contains("counts once") == true)
    }

    // MARK: Rounding

    private func exactFleet(_ roundings: [UInt64?], slots: Int = 2) -> Fleet {
        var fleet = Fleet()
        for (index, rounding) in roundings.enumerated() {
            fleet.join("t\(index)", .target, now: 0)
            fleet.reach(
                "t\(index)",
                CoordinatorBed.peer("t\(index)", slots: slots, model: CoordinatorBed.model(rounding: rounding)))
        }
        return fleet
    }

    @Test func aTargetThatRoundsAlikeIsPreferredButNotWaitedFor() {
        var fleet = self.exactFleet([1, 2, nil, 2])
        // The least full one without a preference.
        #expect(fleet.chooseTarget(now: 0) == "t0")
        #expect(fleet.chooseTarget(roundingAs: 2, now: 0) == "t1")
        fleet.targets["t1"]!.jobs = [1]
        #expect(fleet.chooseTarget(roundingAs: 2, now: 0) == "t3")
        fleet.targets["t3"]!.heldUntil = 1
        #expect(fleet.chooseTarget(roundingAs: 2, now: 0) == "t1")
        fleet.targets["t1"]!.jobs = [1, 2]
        #expect(fleet.chooseTarget(roundingAs: 2, now: 0) == "t0")
        #expect(fleet.chooseTarget(roundingAs: 3, now: 0) == "t0")
        #expect(fleet.chooseTarget(roundingAs: 2, now: 1) == "t3")
    }

    @Test func whoRoundsAloneIsKnown() {
        #expect(!self.exactFleet([nil, nil]).roundsAlone("t1"))
        #expect(!self.exactFleet([1, 1]).roundsAlone("t1"))
        #expect(self.exactFleet([1, 2]).roundsAlone("t1"))
        #expect(self.exactFleet([1, nil]).roundsAlone("t1"))
        #expect(self.exactFleet([nil, 1]).roundsAlone("t1"))
        #expect(!self.exactFleet([1]).roundsAlone("t0"))
    }
}
