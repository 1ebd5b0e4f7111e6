internal import ForetokenWire
internal import OrderedCollections
internal import Testing

@testable import Roles
@testable import Speculation

/// Whatever becomes of a request, the target tells of its end once: a span stands open until it does.
@Suite struct TargetEndsTests {
    private static func request(_ name: String, most: Int = 5, committed: [Token] = []) -> OpenRequest {
        var request = TargetBed.request(most: most)
        request.request.committed = committed
        request.request.names = RequestNames(id: RequestID(name))
        return request
    }

    /// Ends that are told of a request, by why it did not come to its own; "whole" where it did.
    private static func ends(of name: String, _ bed: TargetBed) -> [String] {
        bed.events.compactMap { event in
            switch event {
            case .closed(_, _, let names, let error, _), .notOpened(let names, let error):
                names.id?.description == name ? error?.name ?? "whole" : nil
            default: nil
            }
        }
    }

    @Test func aTextThatIsWrittenEndsWhole() throws {
        var bed = TargetBed()
        bed.open(Self.request("a"))
        #expect(Self.ends(of: "a", bed).isEmpty)
        while bed.running != nil { try bed.pass() }
        #expect(Self.ends(of: "a", bed) == ["whole"])
        guard case .closed(_, _, _, _, let statistics)? = bed.events.last else {
            Issue.record("\(bed.events)")
            return
        }
        #expect(statistics.generatedTokens == 5 && statistics.promptTokens == 3)
    }

    @Test func oneThatHasNothingLeftToWriteEndsWhole() {
        var bed = TargetBed()
        bed.open(Self.request("a", most: 2, committed: TargetBed.text([1, 2, 3], count: 2)))
        #expect(Self.ends(of: "a", bed) == ["whole"])
    }

    @Test func oneThatIsTakenBackEndsCancelled() throws {
        let call = Call(owner: TargetBed.owner, number: 1)
        var bed = TargetBed()
        bed.state.open(Self.request("a"), for: call)
        bed.state.cancel(call)
        bed.carryOut()
        bed.prepareAll()
        #expect(Self.ends(of: "a", bed) == ["CANCELLED"], "while its prompt is tokenized")
        bed.open(Self.request("b"))
        bed.state.cancel(call)
        bed.carryOut()
        #expect(Self.ends(of: "b", bed) == ["CANCELLED"])
        bed.open(Self.request("c"))
        bed.lose(TargetBed.owner)
        #expect(Self.ends(of: "c", bed) == ["CANCELLED"], "its owner is lost")
    }

    @Test func oneThatIsNotTakenEndsAtOnce() throws {
        var bed = TargetBed(slots: 1)
        bed.open(Self.request("a", most: 150))
        bed.open(Self.request("b"), call: 2)
        #expect(Self.ends(of: "b", bed) == ["RESOURCE_EXHAUSTED"])
        bed.open(Self.request("c", committed: [200]), call: 3)
        #expect(Self.ends(of: "c", bed) == ["INVALID_ARGUMENT"])
        bed.state.open(Self.request("d"), for: Call(owner: TargetBed.owner, number: 4))
        bed.state.open(Self.request("again"), for: Call(owner: TargetBed.owner, number: 4))
        bed.carryOut()
        #expect(Self.ends(of: "again", bed) == ["ALREADY_EXISTS"])
        bed.prepareAll()
        #expect(Self.ends(of: "d", bed) == ["RESOURCE_EXHAUSTED"])
        try bed.failPass()
        #expect(Self.ends(of: "a", bed) == ["INTERNAL"])
        bed.state.leave(telling: [])
        bed.open(Self.request("e"), call: 5)
        #expect(Self.ends(of: "e", bed) == ["UNAVAILABLE"])
    }
}
