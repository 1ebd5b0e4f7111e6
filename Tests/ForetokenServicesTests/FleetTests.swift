import ForetokenWire
import OrderedCollections
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

@Suite(.oneAtATime) struct FleetTests {
    private func target(vocabulary: UInt64) -> Peer {
        Peer(
            role: .target, name: "target-\(vocabulary)",
            model: ModelDescription(
                name: "model", parameters: 1, vocabularySize: 64, vocabularyFingerprint: vocabulary,
                contextLength: 512))
    }

    @Test func targetsOfOneFleetShareAVocabulary() {
        var fleet = Fleet(targets: ["a", "b"], drafts: [])
        #expect(fleet.speaksAsTargets(self.target(vocabulary: 1)))
        fleet.targets["a"]!.peer = self.target(vocabulary: 1)
        #expect(fleet.speaksAsTargets(self.target(vocabulary: 1)))
        #expect(!fleet.speaksAsTargets(self.target(vocabulary: 2)))
    }
}
