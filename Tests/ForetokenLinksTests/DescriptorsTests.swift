import ForetokenWire
import TestSupport
import Testing

@testable import ForetokenLinks

@Suite(.oneAtATime) struct DescriptorsTests {
    private let one = PeerID([1])
    private let other = PeerID([2])

    @Test func anEndNamesWhoSpokeOverTheConnection() {
        var descriptors = Descriptors()
        #expect(descriptors.heard(self.one, over: 5) == false)
        #expect(descriptors.heard(self.one, over: 5) == false)
        #expect(descriptors.heard(self.other, over: 6) == false)
        #expect(descriptors.peers(over: 5) == [self.one] && descriptors.peers(over: 7) == [])
        #expect(descriptors.end(5) == [self.one])
        #expect(descriptors.end(5) == [])
        #expect(descriptors.peers(over: 5) == [] && descriptors.peers(over: 6) == [self.other])
    }

    @Test func whoComesBackBeforeItsEndIsToldLosesOnlyTheFormerConnection() {
        var descriptors = Descriptors()
        _ = descriptors.heard(self.one, over: 5)
        #expect(descriptors.heard(self.one, over: 6) == true)
        #expect(descriptors.peers(over: 5) == [])
        #expect(descriptors.end(5) == [])
        #expect(descriptors.end(6) == [self.one])
    }

    @Test func whoeverSpokeOverADescriptorEndsWithIt() {
        var descriptors = Descriptors()
        _ = descriptors.heard(self.one, over: 5)
        #expect(descriptors.heard(self.other, over: 5) == false)
        #expect(descriptors.end(5) == [self.one, self.other])
        #expect(descriptors.heard(self.other, over: 5) == false)
        #expect(descriptors.peers(over: 5) == [self.other])
    }
}
