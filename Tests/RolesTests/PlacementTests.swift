internal import TestSupport
internal import Testing

@testable import Roles

@Suite struct PlacementTests {
    private static func choose(_ members: KeyValuePairs<String, (sequences: Int, slots: Int)>) -> String? {
        Placement.choose(
            among: members.lazy.map {
                (key: $0.key, occupancy: .init(slots: $0.value.slots, sequences: $0.value.sequences))
            })
    }

    @Test func theLargestShareOfFreeSlotsCountsAndTheFirstOfEquals() {
        #expect(Self.choose(["a": (1, 2), "b": (3, 8), "c": (4, 8)]) == "b")
        #expect(Self.choose(["a": (1, 4), "b": (2, 8)]) == "a")
    }

    @Test func whoIsFullOrAwayGetsNothing() {
        #expect(Self.choose(["a": (2, 2), "b": (0, 0), "c": (7, 8)]) == "c")
        #expect(Self.choose(["a": (2, 2), "b": (0, 0)]) == nil)
        #expect(Self.choose([:]) == nil)
    }
}
