import ForetokenWire
import Speculation
import Testing

@testable import Roles

@Suite struct FleetTests {
    private func target(vocabulary: UInt64, name: String = "model", parameters: UInt64 = 1) -> Peer {
        Peer(
            role: .target, name: "target-\(vocabulary)",
            model: ModelDescription(
                name: name, parameters: parameters, vocabularySize: 64, vocabularyFingerprint: vocabulary,
                contextLength: 512))
    }

    @Test func targetsOfOneFleetShareAModel() {
        var fleet = Fleet(targets: ["a", "b"], drafts: [])
        #expect(fleet.canReplaceTargets(self.target(vocabulary: 1)))
        fleet.reach("a", self.target(vocabulary: 1), key: "")
        #expect(fleet.canReplaceTargets(self.target(vocabulary: 1)))
        #expect(!fleet.canReplaceTargets(self.target(vocabulary: 2)))
        #expect(!fleet.canReplaceTargets(self.target(vocabulary: 1, name: "another")))
        #expect(!fleet.canReplaceTargets(self.target(vocabulary: 1, parameters: 2)))
    }
}
