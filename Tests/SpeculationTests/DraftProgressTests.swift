import TestSupport
import Testing

@testable import Speculation

@Suite struct DraftProgressTests {
    private static func run(
        feed: [Token] = [1, 2, 3, 4, 5], lookahead: any Lookahead = FixedLookahead(3), most: Int = 64, lead: Int = 0
    ) -> DraftProgress {
        var job = DraftOrder(position: 10, feed: feed, lookahead: lookahead, most: most)
        job.lead = lead
        return DraftProgress(job)
    }

    /// Runs to its end, choosing 100, 101 and so on.
    private static func finished(_ run: DraftProgress, endsAt end: Token? = nil) -> (
        run: DraftProgress, feeds: [DraftProgress.Feed]
    ) {
        var run = run
        var feeds: [DraftProgress.Feed] = []
        while !run.isDone {
            feeds.append(run.nextFeed(atMost: 64))
            guard feeds.last!.isChosenBehind else { continue }
            let token = Token(100 + run.drafted.count)
            run.take(DraftedToken(token: token, probability: 0.5), isEnd: token == end)
        }
        return (run, feeds)
    }

    @Test func theJobsTokensAreFedInPiecesThenEachDraftTokenButTheLast() {
        var run = Self.run()
        #expect(run.rows == 5)
        #expect(run.nextFeed(atMost: 2) == .init(position: 10, tokens: [1, 2], isChosenBehind: false))
        #expect(run.nextFeed(atMost: 2) == .init(position: 12, tokens: [3, 4], isChosenBehind: false))
        #expect(run.unfed == (14, [5]))
        #expect(!run.isFed)
        #expect(run.nextFeed(atMost: 2) == .init(position: 14, tokens: [5], isChosenBehind: true))
        #expect(run.isFed && run.unfed.tokens.isEmpty && run.unfed.position == 15)
        run.take(DraftedToken(token: 100, probability: 0.5), isEnd: false)
        #expect(run.rows == 1)
        #expect(run.nextFeed(atMost: 9) == .init(position: 15, tokens: [100], isChosenBehind: true))
        run.take(DraftedToken(token: 101, probability: 0.5), isEnd: false)
        #expect(run.nextFeed(atMost: 9) == .init(position: 16, tokens: [101], isChosenBehind: true))
        #expect(!run.isDone)
        run.take(DraftedToken(token: 102, probability: 0.25), isEnd: false)
        #expect(run.isDone && run.rows == 0)
        #expect(run.drafted.map(\.token) == [100, 101, 102])
        #expect(run.drafted.map(\.probability) == [0.5, 0.5, 0.25])
    }

    @Test func whereTheRuleWantsNothingTheJobsTokensAreFedAllTheSame() {
        let (run, feeds) = Self.finished(Self.run(lookahead: FixedLookahead(0)))
        #expect(feeds == [.init(position: 10, tokens: [1, 2, 3, 4, 5], isChosenBehind: false)])
        #expect(run.isDone && run.drafted.isEmpty)
    }

    @Test func theJobsLimitAndTheEndOfGenerationStopARun() {
        #expect(Self.finished(Self.run(most: 2)).run.drafted.count == 2)
        #expect(Self.finished(Self.run(most: 0)).run.drafted.isEmpty)
        #expect(Self.finished(Self.run(), endsAt: 101).run.drafted.map(\.token) == [100, 101])
    }

    /// Wants three tokens, and nothing once it has seen the first of a run.
    private struct Blind: Lookahead {
        func wantsMore(after drafted: [DraftedToken]) -> Bool {
            drafted.count < 3 && !drafted.contains { $0.token < 104 }
        }
    }

    @Test func theRuleDoesNotSeeTheTokensOfTheLead() {
        #expect(Self.finished(Self.run(lookahead: Blind())).run.drafted.count == 1)
        #expect(Self.finished(Self.run(lookahead: Blind(), lead: 4)).run.drafted.count == 7)
        #expect(Self.finished(Self.run(lookahead: FixedLookahead(0), lead: 2)).run.drafted.count == 2)
        #expect(Self.finished(Self.run(most: 3, lead: 4)).run.drafted.count == 3)
        #expect(Self.finished(Self.run(lead: 4), endsAt: 101).run.drafted.count == 2)
    }

    @Test func rowsAreSharedOutEvenlyAndWhatAShortFeedLeavesGoesToTheLongOnes() {
        #expect(RowShares.even([], rows: 9) == [])
        #expect(RowShares.even([500], rows: 64) == [64])
        #expect(RowShares.even([1, 1, 1], rows: 64) == [1, 1, 1])
        #expect(RowShares.even([1, 500, 1], rows: 35) == [1, 33, 1])
        #expect(RowShares.even([500, 5, 500], rows: 35) == [15, 5, 15])
        #expect(RowShares.even([2, 500], rows: 3) == [1, 2])
        #expect(RowShares.even([500, 1, 1, 2], rows: 2) == [1, 1, 0, 0])
        for rows in 1...40 {
            let wanted = [7, 1, 30, 2, 1]
            let shares = RowShares.even(wanted, rows: rows)
            #expect(shares.reduce(0, +) == min(rows, wanted.reduce(0, +)))
            #expect(zip(shares, wanted).allSatisfy { $0 <= $1 })
        }
    }
}
