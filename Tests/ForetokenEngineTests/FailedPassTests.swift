import Testing

@testable import ForetokenEngine

/// After a failed pass every slot is brought back, though some cannot be.
@Suite struct FailedPassTests {
    @Test func whatFailsForOneSlotIsDoneForTheOthers() {
        var seen: [Int] = []
        #expect(throws: ModelError.cannotRollBack(reason: "slot 1")) {
            try LlamaModel.forEach([0, 1, 2, 3]) { (slot) throws(ModelError) in
                seen.append(slot)
                if slot % 2 == 1 { throw .cannotRollBack(reason: "slot \(slot)") }
            }
        }
        #expect(seen == [0, 1, 2, 3])
    }
}
