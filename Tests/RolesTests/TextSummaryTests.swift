internal import ForetokenWire
internal import OrderedCollections
internal import Speculation
internal import Testing

@testable import Roles

/// What a coordinator tells of a text at its end.
@Suite struct TextSummaryTests {
    private static func committed(_ tokens: Range<Int>, whole statistics: Statistics? = nil) -> Envelope.Body {
        .committed(
            Committed(
                index: tokens.lowerBound,
                pieces: tokens.map { Piece(token: Token($0), text: "a", origin: .plain) },
                finish: statistics == nil ? nil : .length, statistics: statistics))
    }

    @Test func timesAndCostsAreOfAllItsTargets() throws {
        var bed = CoordinatorBed(targets: ["t0", "t1"], slots: 1)
        bed.now = 10
        bed.generate(1, client: CoordinatorBed.other)
        bed.generate(2, client: CoordinatorBed.other)
        bed.generate(3)
        #expect(bed.ends.isEmpty && bed.sent.count == 2)
        // The third waits for a slot.
        bed.now = 11
        bed.act { $0.cancel(client: CoordinatorBed.other, call: 1, now: $1) }
        #expect(bed.ends.map(\.outcome) == [.failed(.cancelled)])
        let opened = try #require(bed.sent.last { if case .open = $0.body { true } else { false } })
        bed.receive(.opened(Opened(sequence: 7, promptTokens: 4)), opened.call, from: opened.member)
        bed.now = 11.5
        bed.receive(Self.committed(0..<2), opened.call, from: opened.member)
        // Its target is lost; the other has no slot before its own text is over.
        bed.act { $0.lost(opened.member, reason: "gone", now: $1) }
        bed.now = 12
        bed.act { $0.cancel(client: CoordinatorBed.other, call: 2, now: $1) }
        let again = try #require(bed.sent.last { if case .open = $0.body { true } else { false } })
        #expect(again.member != opened.member)
        bed.receive(.opened(Opened(sequence: 8, promptTokens: 4)), again.call, from: again.member)
        bed.now = 14
        var statistics = Statistics()
        (statistics.promptTokens, statistics.generatedTokens, statistics.targetPasses) = (4, 3, 3)
        bed.receive(Self.committed(2..<5, whole: statistics), again.call, from: again.member)

        let end = try #require(bed.ends.last)
        #expect(bed.ends.count == 3 && end.names.id?.description == "3" && end.outcome == .finished(.length))
        #expect(end.target == again.member && end.draft == "" && end.model == CoordinatorBed.model().name)
        #expect(end.queued == 1 && end.firstToken == 1.5 && end.total == 4)
        #expect(end.statistics.generatedTokens == 5 && end.statistics.resumptions == 1 && end.draftFailovers == 0)
    }

    @Test func whatIsTurnedAwayEndsToo() {
        var bed = CoordinatorBed(targets: [], mostWaiting: 1)
        bed.generate(1)
        bed.generate(2)
        #expect(bed.ends.map(\.outcome) == [.failed(.resourceExhausted)] && bed.ends[0].queued == nil)
        bed.act {
            $0.generate(
                Request(prompt: ""), client: CoordinatorBed.client, call: 3, timeoutMilliseconds: 0, now: $1)
        }
        #expect(bed.ends.last?.outcome == .failed(.invalidArgument))
    }
}
