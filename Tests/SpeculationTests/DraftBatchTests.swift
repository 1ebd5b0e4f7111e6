import TestSupport
import Testing

@testable import Speculation

/// Orders of many slots side by side: what each step takes, and what comes of it.
@Suite struct DraftBatchTests {
    private static func order(_ feed: Int = 1, at position: Int = 0, drafts count: Int = 3) -> DraftOrder {
        DraftOrder(
            position: position, feed: (0..<feed).map { Token($0) }, lookahead: FixedLookahead(count), most: 64)
    }

    /// Runs a step in which every slot chooses its number.
    private static func step(_ batch: inout DraftBatch, now: Seconds) -> (
        rows: [Int: Int], done: [(slot: Int, outcome: DraftOutcome)]
    ) {
        let parts = batch.beginStep()
        for (index, part) in parts.enumerated() where part.feed.isChosenBehind {
            batch.take(DraftedToken(token: Token(part.slot), probability: 0.5), ofPart: index, isEnd: false)
        }
        return (
            Dictionary(uniqueKeysWithValues: parts.map { ($0.slot, $0.feed.tokens.count) }), batch.endStep(now: now)
        )
    }

    @Test func ordersAreDraftedSideBySideAndHandedOverAsEachIsDone() {
        var batch = DraftBatch(maxRows: 64)
        #expect(batch.join(Self.order(), slot: 4, now: 1) == 0)
        #expect(batch.join(Self.order(2, at: 7, drafts: 1), slot: 2, now: 1) == 7)
        let first = Self.step(&batch, now: 1.5)
        #expect(first.rows == [2: 2, 4: 1] && first.done.map(\.slot) == [2])
        #expect(first.done[0].outcome.tokens.map(\.token) == [2])
        #expect(first.done[0].outcome.seconds == 0.5 && first.done[0].outcome.timedTokens == 1)
        #expect(!batch.isBusy(slot: 2) && batch.isBusy(slot: 4))
        _ = Self.step(&batch, now: 2)
        #expect(Self.step(&batch, now: 2.5).done.map(\.outcome.timedTokens) == [3])
        #expect(batch.isEmpty && batch.beginStep().isEmpty)
    }

    @Test func theTimeOfAPrefillIsNotThatOfDrafting() {
        var batch = DraftBatch(maxRows: 8)
        _ = batch.join(Self.order(20), slot: 0, now: 1)
        var done: [(slot: Int, outcome: DraftOutcome)] = []
        for second in 2...6 { done = Self.step(&batch, now: Seconds(second)).done }
        // Three steps feed; the third chooses the first token, two more the others.
        #expect(done[0].outcome.tokens.count == 3 && done[0].outcome.timedTokens == 2)
        #expect(done[0].outcome.seconds == 1 + 1)
    }

    @Test func besideOthersALongFeedComesAFewRowsAtATime() {
        var batch = DraftBatch(maxRows: 256)
        _ = batch.join(Self.order(1000), slot: 0, now: 0)
        #expect(Self.step(&batch, now: 0).rows == [0: 256])
        _ = batch.join(Self.order(), slot: 1, now: 0)
        #expect(Self.step(&batch, now: 0).rows == [0: 33, 1: 1])
    }

    @Test func whatDoesNotFitIsFirstInTheNextStep() {
        var batch = DraftBatch(maxRows: 2)
        for slot in 0..<3 { _ = batch.join(Self.order(), slot: slot, now: 0) }
        #expect(Set(Self.step(&batch, now: 0).rows.keys) == [0, 1])
        #expect(Set(Self.step(&batch, now: 0).rows.keys) == [2, 0])
        #expect(Set(Self.step(&batch, now: 0).rows.keys) == [1, 0])
    }

    @Test func whatAnEndedOrderLeftUnfedIsFedWithTheNext() throws {
        var batch = DraftBatch(maxRows: 8)
        _ = batch.join(Self.order(20), slot: 0, now: 0)
        _ = Self.step(&batch, now: 0)
        let ended = batch.end(slot: 0, now: 1)
        let outcome = try #require(ended)
        #expect(outcome.tokens.isEmpty && outcome.seconds == 0 && outcome.timedTokens == 0)
        #expect(batch.end(slot: 0, now: 1) == nil)
        #expect(batch.join(Self.order(1, at: 20), slot: 0, now: 1) == 8)
        #expect(Self.step(&batch, now: 1).rows == [0: 8])
        _ = batch.end(slot: 0, now: 1)
        // One that counts on less needs less.
        #expect(batch.join(Self.order(2, at: 4), slot: 0, now: 1) == 4)
        _ = batch.end(slot: 0, now: 1)
        batch.empty(slot: 0)
        #expect(batch.join(Self.order(1, at: 20), slot: 0, now: 1) == 20)
    }

    @Test func aStepThatFailsDropsItsOrdersAndNoOthers() {
        var batch = DraftBatch(maxRows: 2)
        for slot in 0..<3 { _ = batch.join(Self.order(), slot: slot, now: 0) }
        _ = batch.beginStep()
        #expect(batch.failStep() == [0, 1])
        #expect(!batch.isBusy(slot: 0) && batch.isBusy(slot: 2))
        #expect(Self.step(&batch, now: 0).rows == [2: 1])
    }

    @Test func anOrderCanEndWithoutAToken() {
        var batch = DraftBatch(maxRows: 8)
        _ = batch.join(Self.order(), slot: 0, now: 0)
        _ = Self.step(&batch, now: 1)
        _ = batch.beginStep()
        batch.take(nil, ofPart: 0, isEnd: false)
        let done = batch.endStep(now: 2)
        #expect(done.map(\.outcome.tokens.count) == [1])
    }
}
