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
    private static func step(_ batch: inout DraftBatch, seconds: Seconds = 1) -> (
        rows: [Int: Int], done: [(slot: Int, outcome: DraftOutcome)]
    ) {
        let parts = batch.beginStep(now: 10)
        for (index, part) in parts.enumerated() where part.feed.isChosenBehind {
            batch.take(DraftedToken(token: Token(part.slot), probability: 0.5), ofPart: index, isEnd: false)
        }
        return (
            Dictionary(uniqueKeysWithValues: parts.map { ($0.slot, $0.feed.tokens.count) }),
            batch.endStep(now: 10 + seconds)
        )
    }

    @Test func ordersAreDraftedSideBySideAndHandedOverAsEachIsDone() {
        var batch = DraftBatch(maxRows: 64)
        #expect(batch.join(Self.order(), slot: 4) == 0)
        #expect(batch.join(Self.order(2, at: 7, drafts: 1), slot: 2) == 7)
        let first = Self.step(&batch, seconds: 0.5)
        #expect(first.rows == [2: 2, 4: 1] && first.done.map(\.slot) == [2])
        #expect(first.done[0].outcome.tokens.map(\.token) == [2])
        #expect(first.done[0].outcome.seconds == 0.5 && first.done[0].outcome.timedTokens == 1)
        #expect(first.done[0].outcome.sharedSeconds == 0.25, "one of two orders in the step")
        #expect(!batch.isBusy(slot: 2) && batch.isBusy(slot: 4))
        _ = Self.step(&batch)
        let second = Self.step(&batch).done[0].outcome
        #expect(second.seconds == 2.5 && second.sharedSeconds == 2.25 && second.timedTokens == 3)
        #expect(batch.isEmpty && batch.beginStep(now: 10).isEmpty)
    }

    @Test func theTimeOfAPrefillIsNotThatOfDrafting() {
        var batch = DraftBatch(maxRows: 8)
        _ = batch.join(Self.order(20), slot: 0)
        var done: [(slot: Int, outcome: DraftOutcome)] = []
        for second in 2...6 { done = Self.step(&batch, seconds: Seconds(second)).done }
        // Three steps feed; the third chooses the first token, two more the others.
        #expect(done[0].outcome.tokens.count == 3 && done[0].outcome.timedTokens == 2)
        #expect(done[0].outcome.seconds == 5 + 6)
    }

    @Test func whoHasManyTokensToFeedIsNotDrafting() {
        var batch = DraftBatch(maxRows: 8)
        #expect(!batch.isDrafting)
        _ = batch.join(Self.order(2), slot: 0)
        #expect(batch.isDrafting)
        _ = batch.join(Self.order(20), slot: 1)
        #expect(batch.isDrafting, "the long feed beside it waits, or comes in pieces")
        var long = DraftBatch(maxRows: 8)
        _ = long.join(Self.order(20), slot: 1)
        #expect(!long.isDrafting)
        for _ in 0..<3 { _ = Self.step(&long) }
        #expect(long.isDrafting)
    }

    @Test func besideOthersALongFeedComesAFewRowsAtATime() {
        var batch = DraftBatch(maxRows: 256)
        _ = batch.join(Self.order(1000), slot: 0)
        #expect(Self.step(&batch).rows == [0: 256])
        _ = batch.join(Self.order(), slot: 1)
        #expect(Self.step(&batch).rows == [0: 33, 1: 1])
    }

    @Test func whereDraftsComeFirstLongFeedsWaitAndTheShortestGoesFirst() {
        var batch = DraftBatch(maxRows: 64, sharesThread: true)
        _ = batch.join(Self.order(150, drafts: 1), slot: 0)
        _ = batch.join(Self.order(2, drafts: 2), slot: 1)
        _ = batch.join(Self.order(40, drafts: 1), slot: 2)
        _ = batch.join(Self.order(1, drafts: 1), slot: 3)
        #expect(Self.step(&batch).rows == [1: 2, 3: 1])
        #expect(batch.isDrafting && Self.step(&batch).rows == [1: 1])
        // Whole prompts one after the other, not all a little.
        #expect(!batch.isDrafting)
        let third = Self.step(&batch)
        #expect(third.rows == [2: 40, 0: 24] && third.done.map(\.slot) == [2])
        // Who comes meanwhile and drafts does not wait for the rest of a prompt.
        _ = batch.join(Self.order(1, drafts: 1), slot: 4)
        #expect(batch.isDrafting && Self.step(&batch).rows == [4: 1])
        #expect(Self.step(&batch).rows == [0: 64])
        let last = Self.step(&batch)
        #expect(last.rows == [0: 62] && last.done.map(\.slot) == [0])
        #expect(batch.isEmpty)
    }

    /// A pass of the target that waits for the thread has its turn.
    @Test func onASharedThreadTheStepsOfABlockFollowAtOnceButNotForEver() {
        var batch = DraftBatch(maxRows: 64, sharesThread: true)
        _ = batch.join(Self.order(drafts: 40), slot: 0)
        #expect(!batch.goesOn)
        let follow = (0..<20).map { _ in
            _ = Self.step(&batch)
            return batch.goesOn
        }
        #expect(follow.indices.filter { !follow[$0] } == [15])
        _ = batch.beginStep(now: 0)
        #expect(batch.failStep() == [0] && !batch.goesOn)
        // A prompt is no block.
        _ = batch.join(Self.order(200), slot: 1)
        _ = Self.step(&batch)
        #expect(!batch.goesOn)
        var own = DraftBatch(maxRows: 64)
        _ = own.join(Self.order(drafts: 40), slot: 0)
        _ = Self.step(&own)
        #expect(!own.goesOn && own.isDrafting)
    }

    @Test(arguments: [1, 7, 64], [false, true]) func everyOrderComesToItsEnd(maxRows: Int, sharesThread: Bool) {
        var batch = DraftBatch(maxRows: maxRows, sharesThread: sharesThread)
        var random = SplitMix64(seed: 7)
        for slot in 0..<40 {
            _ = batch.join(Self.order(1 + Int(random.next() % 90), drafts: Int(random.next() % 5)), slot: slot)
        }
        var (done, steps) = (0, 0)
        while !batch.isEmpty, steps < 10_000 {
            let step = Self.step(&batch)
            #expect(!step.rows.isEmpty && step.rows.values.reduce(0, +) <= maxRows)
            done += step.done.count
            steps += 1
        }
        #expect(done == 40)
    }

    @Test func whatDoesNotFitIsFirstInTheNextStep() {
        var batch = DraftBatch(maxRows: 2)
        for slot in 0..<3 { _ = batch.join(Self.order(), slot: slot) }
        #expect(Set(Self.step(&batch).rows.keys) == [0, 1])
        #expect(Set(Self.step(&batch).rows.keys) == [2, 0])
        #expect(Set(Self.step(&batch).rows.keys) == [1, 0])
    }

    @Test func whatAnEndedOrderLeftUnfedIsFedWithTheNext() throws {
        var batch = DraftBatch(maxRows: 8)
        _ = batch.join(Self.order(20), slot: 0)
        _ = Self.step(&batch)
        let ended = batch.end(slot: 0)
        let outcome = try #require(ended)
        #expect(outcome.tokens.isEmpty && outcome.seconds == 0 && outcome.timedTokens == 0)
        #expect(batch.end(slot: 0) == nil)
        #expect(batch.join(Self.order(1, at: 20), slot: 0) == 8)
        #expect(Self.step(&batch).rows == [0: 8])
        _ = batch.end(slot: 0)
        // One that counts on less needs less.
        #expect(batch.join(Self.order(2, at: 4), slot: 0) == 4)
        _ = batch.end(slot: 0)
        batch.empty(slot: 0)
        #expect(batch.join(Self.order(1, at: 20), slot: 0) == nil)
        #expect(batch.join(Self.order(21), slot: 0) == 0)
        #expect(Self.step(&batch).rows == [0: 8])
    }

    @Test func aStepThatFailsDropsItsOrdersAndNoOthers() {
        var batch = DraftBatch(maxRows: 2)
        for slot in 0..<3 { _ = batch.join(Self.order(), slot: slot) }
        _ = batch.beginStep(now: 10)
        #expect(batch.failStep() == [0, 1])
        #expect(!batch.isBusy(slot: 0) && batch.isBusy(slot: 2))
        // One that was on its way meanwhile, and counts on what is lost, fails alone.
        #expect(batch.join(Self.order(1, at: 5), slot: 0) == nil && !batch.isBusy(slot: 0))
        #expect(Self.step(&batch).rows == [2: 1])
    }

    @Test func anOrderCanEndWithoutAToken() {
        var batch = DraftBatch(maxRows: 8)
        _ = batch.join(Self.order(), slot: 0)
        _ = Self.step(&batch)
        _ = batch.beginStep(now: 10)
        batch.take(nil, ofPart: 0, isEnd: false)
        let done = batch.endStep(now: 10)
        #expect(done.map(\.outcome.tokens.count) == [1])
    }
}
